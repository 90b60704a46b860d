"""What must not be contacted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from ringround.contacts.models import Suppression
from ringround.infra import clock
from ringround.kernel import cursors, phones
from ringround.kernel.errors import Invalid, NotFound
from ringround.kernel.ids import parse_id
from ringround.kernel.messages import N_
from ringround.kernel.text import clean, digits
from ringround.orgs import permissions
from ringround.orgs.actor import Actor


def _live(found: QuerySet[Suppression]) -> QuerySet[Suppression]:
    return found.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=clock.now()))


def suppression_list(
    *, actor: Actor, q: str = "", campaign_id: UUID | None = None, size: int = 50, after: str = ""
) -> tuple[list[Suppression], str | None]:
    """The organisation's suppressions in force, newest first. `q`: a number or address, or its beginning."""
    permissions.require(actor, "contacts.suppressions.read")
    found = _live(Suppression.objects.filter(organisation=actor.org_id))
    if campaign_id is not None:
        found = found.filter(campaign_id=campaign_id)
    if text := clean(q, 254).lower():
        # The kind stands first in the index that serves this.
        begins = [text]
        if number := phones.parse(text, actor.organisation.region):
            begins.append(number.e164)
        if dialled := digits(text).lstrip("0"):
            begins.append(f"+{dialled}")
        wanted = Q()
        for one in begins:
            wanted |= Q(value__startswith=one)
        found = found.filter(wanted, kind__in=Suppression.Kind.values)
    if after:
        (before,) = cursors.decode(after, UUID)
        found = found.filter(id__lt=before) if before else found
    rows = list(found.order_by("-id")[: size + 1])
    following = cursors.encode([rows[size - 1].id]) if len(rows) > size else None
    return rows[:size], following


def suppression_get(*, actor: Actor, suppression_id: UUID | str) -> Suppression:
    """One of the organisation's; NotFound."""
    wanted = parse_id(suppression_id)
    found = Suppression.objects.filter(organisation=actor.org_id, id=wanted).first() if wanted else None
    if found is None:
        raise NotFound("suppression")
    permissions.require(actor, "contacts.suppressions.read")
    return found


def suppressions_of_contact(*, actor: Actor, contact_id: UUID, numbers: list[str], email: str) -> list[Suppression]:
    """What bars a contact of the organisation, or a number or address of it."""
    permissions.require(actor, "contacts.suppressions.read")
    wanted = Q(kind="contact", value=str(contact_id)) | Q(kind="phone", value__in=numbers)
    if email:
        wanted |= Q(kind="email", value=email)
    return list(_live(Suppression.objects.filter(wanted, organisation=actor.org_id)).order_by("-id"))


def suppression_check(
    *, actor: Actor, phone: str = "", email: str = "", contact_id: UUID | None = None, channel: str | None = None
) -> list[Suppression]:
    """Which suppressions bar a number, an address or a contact now, by `channel` (`phone`: calls, `sms`, `email`) or by
    any; Invalid when the number or address is none."""
    permissions.require(actor, "contacts.suppressions.read")
    wanted = Q(pk__in=())
    if phone:
        number = phones.parse(phone, actor.organisation.region)
        if number is None:
            raise Invalid.one(("query", "phone"), "not_a_phone", N_("This is not a phone number."))
        wanted |= Q(kind="phone", value=number.e164)
    if email:
        wanted |= Q(kind="email", value=clean(email, 254).lower())
    if contact_id is not None:
        wanted |= Q(kind="contact", value=str(contact_id))
    if channel is not None:
        # A bar of the telephone is one of SMS, too.
        wanted &= Q(channel__in=[channel, "any", *(["phone"] if channel == "sms" else [])])
    return list(_live(Suppression.objects.filter(wanted, organisation=actor.org_id)).order_by("-id"))


def suppression_json(one: Suppression) -> dict[str, Any]:
    """A suppression as the API shows it."""
    return {
        "id": str(one.id),
        "scope": str(one.campaign_id) if one.campaign_id else "organisation",
        "channel": one.channel,
        "kind": one.kind,
        "value": one.value,
        "source": one.source,
        "date": one.source_on,
        "expires_at": one.expires_at,
        "created_at": one.created_at,
    }
