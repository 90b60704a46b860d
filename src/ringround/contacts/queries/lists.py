"""Contact lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from ringround.contacts.models import ContactList
from ringround.contacts.rules import columns as rules
from ringround.contacts.rules.columns import Column
from ringround.kernel import cursors
from ringround.kernel.errors import NotFound
from ringround.kernel.ids import parse_id
from ringround.orgs import permissions
from ringround.orgs.actor import Actor


def contact_list_list(
    *, actor: Actor, archived: bool = False, q: str = "", size: int = 50, after: str = ""
) -> tuple[list[ContactList], str | None]:
    """A page of the organisation's lists, newest first, and the cursor of the next."""
    permissions.require(actor, "contacts.lists.read")
    found = ContactList.objects.filter(organisation=actor.org_id, archived_at__isnull=not archived)
    if q.strip():
        found = found.filter(name__icontains=q.strip()[:200].replace("\0", ""))
    if after:
        (before,) = cursors.decode(after, UUID)
        found = found.filter(id__lt=before) if before else found
    lists = list(found.order_by("-id")[: size + 1])
    following = cursors.encode([lists[size - 1].id]) if len(lists) > size else None
    return lists[:size], following


def lists_of(*, org_id: UUID) -> list[ContactList]:
    """Every list of an organisation, archived ones too, oldest first; for rooms above, which have checked who asks."""
    return list(ContactList.objects.filter(organisation=org_id).order_by("created_at", "id"))


def contact_list_get(*, actor: Actor, list_id: UUID | str) -> ContactList:
    """The organisation's own list; NotFound."""
    wanted = parse_id(list_id)
    found = ContactList.objects.filter(organisation=actor.org_id, id=wanted).first() if wanted else None
    if found is None:
        raise NotFound("contact_list")
    permissions.require(actor, "contacts.lists.read")
    return found


def contact_list_find(*, actor: Actor, name: str) -> ContactList | None:
    """The organisation's list of this name or id, for the command line."""
    permissions.require(actor, "contacts.lists.read")
    found = ContactList.objects.filter(organisation=actor.org_id)
    wanted = parse_id(name)
    return found.filter(id=wanted).first() if wanted else found.filter(name=name).first()


def contact_list_names(*, org_id: UUID, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names of an organisation's lists by id; for rooms above, which have checked who asks."""
    return dict(ContactList.objects.filter(organisation=org_id, id__in=list(ids)).values_list("id", "name"))


def list_ids_of(*, org_id: UUID, most: int) -> list[UUID]:
    """Ids of an organisation's lists, newest first; for rooms above, which have checked who asks."""
    found = ContactList.objects.filter(organisation=org_id, archived_at__isnull=True)
    return list(found.order_by("-id").values_list("id", flat=True)[:most])


def columns_of(found: ContactList) -> tuple[Column, ...]:
    """The declared columns of a list."""
    return rules.load(found.columns)


def columns_for_leads(*, list_ids: Iterable[UUID]) -> dict[UUID, tuple[Column, ...]]:
    """The columns of lists by id, for rooms that show contacts of leads they have found visible."""
    rows = ContactList.objects.filter(id__in=list(list_ids)).values_list("id", "columns")
    return {list_id: rules.load(columns) for list_id, columns in rows}


def contact_list_json(found: ContactList) -> dict[str, Any]:
    """A list as the API shows it."""
    return {
        "id": str(found.id),
        "name": found.name,
        "region": found.region,
        "columns": found.columns,
        "contacts": found.contact_count,
        "archived": found.archived_at is not None,
        "created_at": found.created_at,
    }
