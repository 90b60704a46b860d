"""What several actions do: find, lock, write marks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from ringround.contacts.models import ContactList
from ringround.infra import sql
from ringround.kernel.calendar import find_zone
from ringround.kernel.errors import Invalid, NotFound
from ringround.kernel.ids import parse_id
from ringround.kernel.messages import N_
from ringround.kernel.phones import known_region
from ringround.kernel.text import clean
from ringround.orgs.actor import Actor

MAX_NAME = 200
LOCK_MARKS = 7_264_010  # "marks" among the product's advisory locks


def list_of(actor: Actor, list_id: UUID | str, *, lock: bool = False) -> ContactList:
    """The actor's own list; NotFound. Locked: what is numbered or matched within a list goes one by one."""
    wanted = parse_id(list_id)
    found = ContactList.objects.filter(organisation=actor.org_id)
    if lock:
        # No key: contacts may be added meanwhile by whoever only points at the list.
        found = found.select_for_update(no_key=True)
    one = found.filter(id=wanted).first() if wanted is not None else None
    if one is None:
        raise NotFound("contact_list")
    return one


def clean_name(name: object) -> str:
    """A list's name; Invalid."""
    text = clean(name) if isinstance(name, str) else ""
    if not text:
        raise Invalid.one("name", "required", N_("Give it a name."))
    if len(text) > MAX_NAME:
        raise Invalid.one("name", "too_long", N_("At most %(limit)s characters.", limit=MAX_NAME))
    return text


def clean_region(region: object) -> str:
    """A region whose numbers can be read; Invalid."""
    text = region.strip().upper() if isinstance(region, str) else ""
    if not known_region(text):
        raise Invalid.one("region", "unknown_region", N_("There is no such country."))
    return text


def zone_of(actor: Actor) -> ZoneInfo | None:
    """Where times without a zone were read: at the organisation."""
    return find_zone(actor.organisation.timezone)


def lock_marks(org_id: UUID, *, shared: bool) -> None:
    """Keep the organisation's suppressions and the marks made from them in step, until the transaction ends.

    Who writes numbers shares the lock, who changes what is suppressed has it alone: so no number is written with a mark
    from before. Order of locks: the list, this, contacts.
    """
    with connection.cursor() as cursor:
        kind = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        cursor.execute(f"SELECT {kind}({LOCK_MARKS}, hashtext(%s))", [str(org_id)])


def mark(
    *,
    org_id: UUID,
    now: datetime,
    numbers: Iterable[str] = (),
    emails: Iterable[str] = (),
    contacts: Iterable[UUID] = (),
) -> list[UUID]:
    """Write the organisation's marks again on whoever these numbers, addresses and contacts are; whom it changed.

    The marks are what lists show and what leads copy; the hand-out asks `contacts_suppressed` besides.
    """
    changed: set[UUID] = set()
    if wanted := list(numbers):
        rows = sql.rows("contacts", "numbers_mark", org=org_id, numbers=wanted, now=now)
        changed.update(row["contact_id"] for row in rows)
    addresses, ids = list(emails), list(contacts)
    if addresses or ids:
        rows = sql.rows("contacts", "contacts_mark", org=org_id, emails=addresses, ids=ids, now=now)
        changed.update(row["id"] for row in rows)
    return sorted(changed)
