"""What is known of a register's file before it is read: whether it is by name and address, and which columns say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ringround.contacts.models import Import, Register
from ringround.kernel.headers import Guess

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
