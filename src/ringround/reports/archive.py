"""All that an organisation has here as one archive: a file for each list and campaign, and for what else there is."""

from __future__ import annotations

import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from django.utils.translation import gettext as _

from ringround.campaigns import actions as campaign_actions
from ringround.campaigns import queries as campaigns
from ringround.contacts import queries as contacts
from ringround.contacts import texts as words
from ringround.contacts.queries import BasisFacts, ContactFacts
from ringround.infra import audit
from ringround.journeys import queries as journeys
from ringround.kernel.calendar import day_start, local_date
from ringround.kernel.text import csv_lines, csv_safe
from ringround.messaging import queries as messaging
from ringround.onboarding import actions as onboarding_actions
from ringround.onboarding import queries as onboarding
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import allows
from ringround.reports.files import csv_rows
from ringround.reports.queries.shape import Asked, zone_of
from ringround.reports.rules.period import Period

Rows = Iterable[Sequence[str]]
PAGE = 500
AUDIT = "orgs.audit.read"
# A callback lies at most so far ahead (`orgs.rules.LIMITS`).
AHEAD = timedelta(days=731)
# What a sheet holds; a longer list goes on in the next.
MOST_SHEET_ROWS = 1_000_000
_UNFIT = re.compile(r"[^\w\- ]+")


def write(
    out: BinaryIO,
    *,
    actor: Actor,
    kind: str,
    now: datetime,
    step: Callable[[int], None],
    folder: Path | None = None,
) -> int:
    """Write the archive; how many rows are in it. `step` is told of each file's rows as it is done. Workbooks are made
    in `folder`, where nobody else looks.

    Nothing is kept in memory but a page of rows: an organisation may have millions.
    """
    total = 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _about(actor, now))
        for name, rows in _files(actor, now):
            count = _Counted(rows)
            if kind == "xlsx":
                _workbook(archive, f"{name}.xlsx", count, folder)
            else:
                with archive.open(f"{name}.csv", "w", force_zip64=True) as file:
                    # The byte order mark tells Excel that a CSV is UTF-8.
                    file.write(b"\xef\xbb\xbf")
                    for part in csv_lines(count):
                        file.write(part.encode())
            total += max(count.rows - 1, 0)
            step(total)
        for name, document in chain(_journeys(actor), _workflows(actor)):
            archive.writestr(f"{name}.json", json.dumps(document, ensure_ascii=False, indent=2))
    return total


class _Counted:
    """Rows, counted as they go by."""

    def __init__(self, rows: Rows) -> None:
        self._rows, self.rows = rows, 0

    def __iter__(self) -> Iterator[Sequence[str]]:
        for row in self._rows:
            self.rows += 1
            yield row


def _workbook(archive: zipfile.ZipFile, name: str, rows: Rows, within: Path | None) -> None:
    # Here, as few processes write one.
    import xlsxwriter

    with tempfile.TemporaryDirectory(dir=within, ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "sheet.xlsx"
        options = {
            "constant_memory": True, "tmpdir": folder, "strings_to_formulas": False, "strings_to_urls": False,
            "strings_to_numbers": False,
        }  # fmt: skip
        with xlsxwriter.Workbook(str(path), options) as book:
            sheet, at = book.add_worksheet(), 0
            for row in rows:
                if at == MOST_SHEET_ROWS:
                    sheet, at = book.add_worksheet(), 0
                for column, cell in enumerate(row):
                    # The most that a cell holds.
                    sheet.write_string(at, column, cell[:32_767])
                at += 1
        archive.write(path, name, compress_type=zipfile.ZIP_STORED)


def _files(actor: Actor, now: datetime) -> Iterator[tuple[str, Rows]]:
    """(name without its ending, rows with their head first)."""
    of = list(campaigns.visible_campaigns(actor).filter(merchant_id=actor.org_id).order_by("created_at", "id"))
    for number, found in enumerate(contacts.lists_of(org_id=actor.org_id), 1):
        yield _name("contacts", number, found.name), contacts.contacts_export(actor=actor, list_id=found.id)
    for number, campaign in enumerate(of, 1):
        wanted = campaigns.LeadFilter(campaign=(campaign.id,))
        yield _name("leads", number, campaign.name), campaign_actions.leads_export(actor=actor, filter=wanted)
        yield _name("notes", number, campaign.name), campaign_actions.notes_export(actor=actor, campaign_id=campaign.id)
    zone = zone_of(actor)
    begin = day_start(local_date(min([one.created_at for one in of], default=now), zone), zone)
    for name, until in (("call_log", now), ("callbacks", now + AHEAD)):
        asked = Asked(name, actor, Period(begin, max(until, begin + timedelta(days=1)), zone), now, of)
        yield {"call_log": "calls"}.get(name, name), csv_rows(asked, None, "")
    yield "consents", _consents(actor)
    yield "suppressions", _suppressions(actor)
    yield "messages", _messages(actor)
    yield "templates", _templates(actor)
    yield "sessions", onboarding_actions.sessions_export(actor=actor, offsets=True)
    yield "agreements", onboarding.agreements_archived(actor)
    yield "subscriptions", onboarding.subscriptions_archived(actor)
    yield "charges", onboarding.charges_archived(actor)
    yield "refunds", onboarding.refunds_archived(actor)
    if allows(actor, AUDIT):
        yield "audit", _audit(actor)


def _name(folder: str, number: int, title: str) -> str:
    return f"{folder}/{number:02d} {_UNFIT.sub('_', title)[:80].strip()}".rstrip()


def _consents(actor: Actor) -> Iterator[list[str]]:
    """What contacts are to the merchant and have agreed to, withdrawn or not."""
    yield ["list", "name", "numbers", "what", "kind", "from", "until", "source", "text_version"]
    for found in contacts.lists_of(org_id=actor.org_id):
        after: UUID | None = None
        while ids := contacts.contact_ids_of_list(found.id, after=after, size=PAGE):
            after = ids[-1]
            basis = {one: what for one, what in contacts.basis_of(ids).items() if what.consents or what.relation}
            for who in contacts.contacts_for_leads(basis, org_id=actor.org_id):
                head = [found.name, who.name, " ".join(one.e164 or one.written for one in who.numbers)]
                for row in _basis(basis[who.id]):
                    yield [csv_safe(cell) for cell in (*head, *row)]


def _basis(of: BasisFacts) -> Iterator[list[str]]:
    if (relation := of.relation) is not None:
        days = [day.isoformat() if day else "" for day in (relation.since, relation.until)]
        yield ["relation", relation.kind, *days, "", ""]
    for one in of.consents:
        yield ["consent", one.channel, _at(one.given_at), _at(one.withdrawn_at), one.source, one.text_version]


def _suppressions(actor: Actor) -> Iterator[list[str]]:
    yield ["kind", "value", "name", "numbers", "channel", "campaign", "source", "source_on", "expires_at", "created_at"]
    after = ""
    while True:
        rows, following = contacts.suppression_list(actor=actor, size=PAGE, after=after)
        barred = {one.id: one for one in contacts.contacts_for_leads(_ids(rows), org_id=actor.org_id)}
        names = campaigns.campaign_names(ids=[row.campaign_id for row in rows if row.campaign_id])
        for row in rows:
            # A contact is barred by its id, which says nothing elsewhere.
            who: ContactFacts | None = barred.get(UUID(row.value)) if row.kind == "contact" else None
            cells = [
                row.kind, row.value, who.name if who else "",
                " ".join(one.e164 or one.written for one in who.numbers) if who else "",
                row.channel, names.get(row.campaign_id, "") if row.campaign_id else "",
                str(words.source_text(row.source)),
                row.source_on.isoformat() if row.source_on else "", _at(row.expires_at), _at(row.created_at),
            ]  # fmt: skip
            yield [csv_safe(cell) for cell in cells]
        if following is None:
            return
        after = following


def _messages(actor: Actor) -> Iterator[list[str]]:
    """What was written to people and what they wrote, newest first."""
    yield [
        "at", "direction", "channel", "status", "reason", "name", "number_or_address", "sender", "campaign", "template",
        "language", "subject", "text", "by", "sent_at", "delivered_at", "opened_at", "clicked_at",
    ]  # fmt: skip
    after: tuple[datetime, UUID] | None = None
    more = True
    while more:
        rows = messaging.message_list(actor=actor, size=PAGE, after=after)
        rows, more = rows[:PAGE], len(rows) > PAGE
        people = {one.contact_id for one in rows if one.contact_id}
        who = {one.id: one.name for one in contacts.contacts_for_leads(people, org_id=actor.org_id)}
        plans = campaigns.campaign_names(ids=[one.campaign_id for one in rows if one.campaign_id])
        templates = messaging.template_names({one.template_id for one in rows if one.template_id})
        users = orgs.user_names(user_ids=[one.by_id for one in rows])
        for one in rows:
            named = [
                names.get(key, "") if key else ""
                for names, key in ((who, one.contact_id), (plans, one.campaign_id), (templates, one.template_id),
                                   (users, one.by_id))
            ]  # fmt: skip
            times = [_at(moment) for moment in (one.sent_at, one.delivered_at, one.opened_at, one.clicked_at)]
            cells = [
                _at(one.at), one.direction, one.channel, one.status, one.reason, named[0], one.to, one.sender,
                *named[1:3], one.language, one.subject, one.text, named[3], *times,
            ]  # fmt: skip
            yield [csv_safe(cell) for cell in cells]
            after = (one.at, one.id)


def _templates(actor: Actor) -> Iterator[list[str]]:
    """A row for each template and language."""
    yield ["name", "channel", "language", "subject", "text", "html"]
    after: str | None = ""
    while after is not None:
        rows, after = messaging.template_list(actor=actor, size=PAGE, after=after)
        for one in rows:
            for text in messaging.template_texts(one).values():
                cells = [one.name, one.channel, text.language, text.subject, text.text, text.html]
                yield [csv_safe(cell) for cell in cells]


def _journeys(actor: Actor) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name without its ending, document as it is exported and imported), archived ones too; a draft that says
    something else than what is published beside it."""
    count, after = 0, None
    while True:
        rows, after = journeys.journey_list(actor=actor, size=PAGE, after=after, archived=None)
        for number, one in enumerate(rows, count + 1):
            if one.version is not None:
                yield _name("journeys", number, one.name), one.version.document
            if one.version is None or one.draft != one.version.document:
                yield _name("journeys", number, f"{one.name} (draft)"), one.draft
        count += len(rows)
        if after is None:
            return


def _workflows(actor: Actor) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name without its ending, document with each version as it is posted)."""
    for number, (name, document) in enumerate(onboarding.workflows_archived(actor), 1):
        yield _name("workflows", number, name), document


def _ids(rows: Iterable[Any]) -> list[UUID]:
    return [UUID(row.value) for row in rows if row.kind == "contact"]


def _audit(actor: Actor) -> Iterator[list[str]]:
    yield ["seq", "at", "actor_type", "actor", "name", "acted_from", "action", "subject_type", "subject", "data"]
    before: int | None = None
    while True:
        rows = audit.read(org_id=actor.org_id, before=before, size=PAGE)
        people = orgs.user_names(user_ids=[row.actor_id for row in rows])
        places = orgs.organisation_names(organisation_ids=[row.acting_org_id for row in rows if row.acting_org_id])
        for row in rows:
            cells = [
                str(row.seq or ""), _at(row.at), row.actor_type, str(row.actor_id or ""),
                people.get(row.actor_id, "") if row.actor_id else "",
                places.get(row.acting_org_id, "") if row.acting_org_id else "", row.action, row.subject_type,
                str(row.subject_id or ""), json.dumps(row.data, ensure_ascii=False) if row.data else "",
            ]  # fmt: skip
            yield [csv_safe(cell) for cell in cells]
        sealed = [row.seq for row in rows if row.seq is not None]
        if len(sealed) < PAGE:
            return
        before = sealed[-1]


def _at(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""


def _about(actor: Actor, now: datetime) -> str:
    lines = [
        _("All that Ringround had of %(name)s on %(day)s.")
        % {"name": actor.organisation.name, "day": local_date(now, zone_of(actor)).isoformat()},
        "",
        _("contacts/: a file for each contact list. leads/ and notes/: a file for each campaign, with results."),
        _("calls, callbacks, consents, suppressions, audit: one file each. Times carry their offset from UTC."),
        *([] if allows(actor, AUDIT) else [_("The audit log is in archives that an owner asks for.")]),
        _("National ids are in no export."),
        _("Not in it: scripts, forms and templates of campaigns, changes of contacts, and who stands in registers."),
        _("messages, templates: one file each, e-mails as text. journeys/: a document for each, as it is imported."),
        _("sessions, agreements, subscriptions, charges, refunds: one file each, amounts in minor units (100: 1.00)."),
        _("workflows/: a document for each, with all of its versions. Keys of payment accounts are in no export."),
        _("Who stands in suppressions must not be contacted: give it to whoever calls next."),
    ]
    return "\r\n".join(lines) + "\r\n"
