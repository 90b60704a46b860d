"""What is known of a register's file before it is read: whether it is by name and address, and which columns say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from ringround.contacts.actions._common import lock_marks
from ringround.contacts.models import Import, Register
from ringround.kernel.errors import Conflict, Invalid
from ringround.kernel.headers import Guess
from ringround.kernel.ids import parse_id
from ringround.kernel.messages import N_

ROLES = ("name", "first_name", "last_name", "company", "address", "address2", "post_code", "city")
_NAMES = ("name", "first_name", "last_name", "company")


def columns_of(headers: Sequence[str], guesses: Sequence[Guess], mapping: Mapping[str, str | None]) -> dict[str, int]:
    """Where name and address stand in a file: role -> column. What is said of a header wins over what it looks like."""
    said = {header.casefold(): role for header, role in mapping.items()}
    found: dict[str, int] = {}
    for at, header in enumerate(headers):
        role = said.get(header.casefold())
        if role is not None:
            found[role] = at
    for at, (header, guess) in enumerate(zip(headers, guesses, strict=True)):
        if header.casefold() not in said and guess.role in ROLES:
            found.setdefault(str(guess.role), at)
    return found


def is_by_address(found: Mapping[str, int]) -> bool:
    """Whether these columns say who stands in the register, and where they live."""
    return any(one in found for one in _NAMES) and "address" in found and ("post_code" in found or "city" in found)


def refuse_issue(org_id: UUID, options: Mapping[str, Any]) -> None:
    """Refuse an issue of a register by name and address while another is read, or the one that stands is newer.

    In the transaction that inserts its import: the marks are held alone, so that of two only one is first.
    """
    if options.get("by") != "name_address":
        return
    if not options["dry_run"]:
        lock_marks(org_id, shared=False)
    register = Register(
        organisation_id=org_id, campaign_id=parse_id(options["campaign"]), channel=options["channel"],
        source=options["source"],
    )  # fmt: skip
    if not options["dry_run"] and is_read(register):
        raise Conflict("import_running", N_("An issue of the register is being read. Try again when it is done."))
    before = Register.objects.filter(
        organisation=org_id, campaign_id=register.campaign_id, channel=register.channel, source=register.source
    ).first()
    day = options.get("date")
    if before is not None and before.source_on and day and day < before.source_on.isoformat():
        detail = N_("The issue that stands is newer: %(date)s.", date=before.source_on.isoformat())
        raise Invalid.one(("options", "date"), "older_issue", detail)


def is_read(register: Register) -> bool:
    """Whether an issue of it is under way."""
    return Import.objects.filter(
        organisation=register.organisation_id,
        kind=Import.Kind.SUPPRESSIONS,
        dry_run=False,
        state__in=(Import.State.QUEUED, Import.State.RUNNING),
        options__by="name_address",
        options__source=register.source,
        options__channel=register.channel,
        options__campaign=str(register.campaign_id) if register.campaign_id else None,
    ).exists()
