"""Pre-assignment by a file: which lead is kept for whom, and at which position.

The file is read and put by first, with nothing locked; its parts are then dealt one by one, each in a transaction.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from itertools import islice
from typing import IO
from uuid import UUID

from ringround.campaigns.models import Campaign, DealingPart
from ringround.campaigns.queries.members import fit_for
from ringround.infra import sql
from ringround.kernel.errors import Invalid, TooLarge
from ringround.kernel.ids import parse_id
from ringround.kernel.messages import N_
from ringround.orgs import queries as orgs

MAX_BYTES = 100 * 1024 * 1024
CHUNK = 5_000
HEADER = ("lead", "agent", "position")


@dataclass(frozen=True, slots=True)
class Row:
    lead: str
    agent: str
    position: int | None


def keep_rows(*, campaign_id: UUID, raw: IO[bytes], file: UUID) -> int:
    """Read the file and put its rows by, in parts; how many rows. Invalid at the first line that cannot be read.

    Its header is `lead,agent,position`: id or external lead id; e-mail, id or external id (empty: nobody); position may
    be empty.
    """
    rows, many = _rows(_text(raw)), 0
    while chunk := list(islice(rows, CHUNK)):
        many += len(chunk)
        DealingPart.objects.create(campaign_id=campaign_id, file=file, rows=[astuple(row) for row in chunk])
    return many


def deal_part(campaign: Campaign, file: UUID) -> bool:
    """Deal the next part among who is an agent now; whether there was one. Two at work take one after the other.

    In the caller's transaction, which has made sure that no later file can begin meanwhile.
    """
    parts = DealingPart.objects.select_for_update().filter(campaign=campaign, file=file, unknown=None)
    part = parts.order_by("id").first()
    if part is None:
        return False
    agents = [row["user_id"] for row in sql.rows("campaigns", "agents_keep", campaign=campaign.id)]
    places, roles = fit_for(campaign, "agent")
    people = orgs.members(organisation_ids=places, roles=sorted(roles), user_ids=agents) if agents else []
    by_name = {one.external_id.casefold(): one.id for one in people if one.external_id}
    by_name |= {one.email.casefold(): one.id for one in people} | {str(one.id): one.id for one in people}
    part.unknown = _set(campaign.id, [Row(*row) for row in part.rows], by_name)
    part.rows = []
    part.save(update_fields=["unknown", "rows"])
    return True


def parts_end(*, campaign_id: UUID, file: UUID | None) -> int:
    """Clear away what was put by of this and of former files; how many rows of this one named what is not known here.

    The caller has locked the campaign, and found that no later file has taken over.
    """
    parts = DealingPart.objects.filter(campaign=campaign_id)
    unknown = sum(n or 0 for n in parts.filter(file=file).values_list("unknown", flat=True)) if file else 0
    parts.delete()
    return unknown


def _set(campaign_id: UUID, chunk: list[Row], by_name: dict[str, UUID]) -> int:
    """Write one part; how many of its rows say nothing that is known here."""
    ids = [parse_id(row.lead) for row in chunk]
    rows = sql.rows(
        "campaigns",
        "leads_by_name",
        campaign=campaign_id,
        ids=[one for one in ids if one is not None],
        names=[row.lead for row in chunk],
    )
    found = {row["name"]: row["id"] for row in rows}
    leads: list[UUID] = []
    agents: list[UUID | None] = []
    positions: list[int | None] = []
    unknown = 0
    for row in chunk:
        lead, agent = found.get(row.lead.lower()) or found.get(row.lead), by_name.get(row.agent.casefold())
        if lead is None or (row.agent and agent is None):
            unknown += 1
            continue
        leads.append(lead)
        agents.append(agent)
        positions.append(row.position)
    sql.rows("campaigns", "preassign_lock", leads=leads)
    sql.run("campaigns", "preassign_set_rows", leads=leads, agents=agents, positions=positions)
    return unknown


def _text(raw: IO[bytes]) -> str:
    content = raw.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise TooLarge(limit=MAX_BYTES)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What Excel writes on a Danish machine.
        return content.decode("cp1252", "replace")


def _rows(text: str) -> Iterator[Row]:
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=delimiter)
    try:
        header = [one.strip().casefold() for one in next(reader, [])]
        if "lead" not in header or "agent" not in header:
            raise _bad(1, "bad_header", N_("The first line must name the columns lead and agent."))
        places = [header.index(name) if name in header else None for name in HEADER]
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _row(cells, places, reader.line_num)
    except csv.Error as error:
        raise _bad(reader.line_num, "bad_row", N_("This line cannot be read.")) from error


def _row(cells: list[str], places: list[int | None], line: int) -> Row:
    lead, agent, position = (
        cells[at].strip() if at is not None and at < len(cells) else "" for at in places
    )  # fmt: skip
    if not lead:
        raise _bad(line, "required", N_("This line names no lead."))
    if position and not (position.isascii() and position.isdigit() and len(position) <= 15):
        raise _bad(line, "wrong_type", N_("A position is a whole number."))
    return Row(lead, agent, int(position) if position else None)


def _bad(line: int, code: str, detail: object) -> Invalid:
    return Invalid.one(("file",), code, detail, line=line)
