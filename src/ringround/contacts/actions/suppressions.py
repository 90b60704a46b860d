"""What must not be contacted: adding, removing, letting lapse."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from ringround.contacts import events, ports
from ringround.contacts.actions._common import lock_marks, mark
from ringround.contacts.actions.rematch import hits_set
from ringround.contacts.models import Contact, ContactNumber, RegisterHit, Suppression
from ringround.infra import audit, clock
from ringround.infra import events as log
from ringround.kernel import phones
from ringround.kernel.columns import is_email
from ringround.kernel.errors import Fault, Invalid, NotFound
from ringround.kernel.ids import parse_id
from ringround.kernel.messages import N_
from ringround.kernel.text import clean
from ringround.orgs import permissions
from ringround.orgs.actor import Actor, system

MAX_SOURCE = 200
LAPSE_BATCH = 500
# What somebody has said, be it of a hit in a register; not what an issue bars by itself.
SAID = Q(hit__isnull=True) | Q(hit__state=RegisterHit.State.ACCEPTED)


def suppression_add(
    *,
    actor: Actor,
    value: object,
    channel: str = "any",
    scope: UUID | str = "organisation",
    kind: str | None = None,
    expires_at: datetime | None = None,
    source: str = "",
    source_on: date | None = None,
) -> tuple[Suppression, bool]:
    """Bar a phone number, an e-mail address or a contact (its id); whether it was new.

    `kind` is seen from the value where it is not given. Adding the same again changes its source, and bars for as long
    as the longer of the two: who wants it to end sooner removes it first.
    """
    permissions.require(actor, "contacts.suppressions.change")
    now = clock.now()
    kind, text = read_value(value, kind, region=actor.organisation.region, org_id=actor.org_id)
    if channel not in Suppression.Channel.values:
        raise Invalid.one("channel", "unknown_channel", N_("There is no such channel."))
    _check_pair(kind, channel)
    campaign_id = read_scope(actor, scope)
    if expires_at is not None and expires_at <= now:
        raise Invalid.one("expires_at", "in_the_past", N_("This moment has passed."))
    return bar(
        actor=actor, kind=kind, value=text, channel=channel, campaign_id=campaign_id, expires_at=expires_at,
        source=source, source_on=source_on,
    )  # fmt: skip


def bar(
    *, actor: Actor, kind: str, value: str, channel: str, campaign_id: UUID | None, expires_at: datetime | None,
    source: str, source_on: date | None = None,
) -> tuple[Suppression, bool]:  # fmt: skip
    """As `suppression_add`, of what has been checked or was barred before."""
    now = clock.now()
    with transaction.atomic():
        lock_marks(actor.org_id, shared=False)
        row, made = Suppression.objects.get_or_create(
            organisation=actor.organisation,
            kind=kind,
            value=value,
            channel=channel,
            campaign_id=campaign_id,
            hit=None,
            defaults={"created_at": now, "created_by_id": actor.user_id},
        )
        row.expires_at = expires_at if made else _longer(row, expires_at)
        row.lapsed = False
        row.source, row.source_on = clean(source, MAX_SOURCE), source_on
        row.save()
        told = _tell(row, now)
        row.save(update_fields=["event_no"])
        log.record_all(told)
        _audit(actor, "contacts.suppression.added", row, new=made)
    return row, made


def _longer(row: Suppression, expires_at: datetime | None) -> datetime | None:
    """When it ends, if it is added again with this expiry; None is never."""
    if row.expires_at is None or expires_at is None:
        return None
    return max(row.expires_at, expires_at)


def suppression_remove(*, actor: Actor, suppression_id: UUID | str) -> None:
    """Allow again what one suppression bars; of a hit in a register, say that it is somebody else."""
    with transaction.atomic():
        lock_marks(actor.org_id, shared=False)
        wanted = parse_id(suppression_id)
        row = Suppression.objects.filter(organisation=actor.org_id, id=wanted).first() if wanted else None
        if row is None:
            raise NotFound("suppression")
        permissions.require(actor, "contacts.suppressions.change")
        if row.hit_id is not None:
            hits_set(actor=actor, hits=RegisterHit.objects.filter(id=row.hit_id), state=RegisterHit.State.REFUSED)
            return
        event_no = row.event_no
        _audit(actor, "contacts.suppression.removed", row)
        id_ = row.id
        row.delete()
        # Told after it is gone, since the marks are what remains.
        row.id, row.event_no = id_, event_no
        log.record_all(_tell(row, clock.now()))


def suppressions_lapse(*, now: datetime, limit: int = LAPSE_BATCH) -> int:
    """Take back the marks of suppressions whose time has come; how many there were."""
    due = list(
        Suppression.objects.filter(expires_at__lte=now, lapsed=False)
        .order_by("expires_at")
        .values_list("id", "organisation")[:limit]
    )
    for suppression_id, org_id in due:
        with transaction.atomic():
            lock_marks(org_id, shared=False)
            row = Suppression.objects.select_related("organisation").filter(id=suppression_id).first()
            if row is None or row.lapsed or row.expires_at is None or row.expires_at > now:
                continue
            row.lapsed = True
            told = _tell(row, now)
            row.save(update_fields=["lapsed", "event_no"])
            log.record_all(told)
            _audit(system(row.organisation), "contacts.suppression.lapsed", row)
    return len(due)


def read_value(value: object, kind: str | None, *, region: str, org_id: UUID) -> tuple[str, str]:
    """Kind and stored form of what is to be barred; Invalid."""
    text = clean(value) if isinstance(value, str) else str(value) if isinstance(value, UUID) else ""
    if not text:
        raise Invalid.one("value", "required", N_("Write a phone number, an e-mail address or a contact's id."))
    if kind not in (None, *Suppression.Kind.values):
        raise Invalid.one("kind", "unknown_kind", N_("There is no such kind."))
    if kind in (None, "contact") and (contact_id := parse_id(text)) is not None:
        if not Contact.objects.filter(id=contact_id, organisation=org_id).exists():
            raise Invalid.one("value", "unknown_contact", N_("There is no such contact."))
        return "contact", str(contact_id)
    if kind in (None, "email") and "@" in text and is_email(text):
        return "email", text.lower()
    if kind in (None, "phone"):
        number = phones.parse(text, region)
        if number is not None and number.valid:
            return "phone", number.e164
    fault = {
        "email": ("not_an_email", N_("This is not an e-mail address.")),
        "contact": ("unknown_contact", N_("There is no such contact.")),
        "phone": ("not_a_phone", N_("This is not a phone number.")),
    }.get(kind or ("email" if "@" in text else "phone"))
    assert fault is not None
    raise Invalid([Fault(("value",), *fault)])


def read_scope(actor: Actor, scope: UUID | str | None) -> UUID | None:
    """None for the organisation, else one of its campaigns; Invalid."""
    if scope in (None, "", "organisation"):
        return None
    campaign_id = parse_id(scope)
    if campaign_id is None or not ports.knows_campaign(actor, campaign_id):
        raise Invalid.one("scope", "unknown_campaign", N_("Say “organisation” or a campaign of it."))
    return campaign_id


def _check_pair(kind: str, channel: str) -> None:
    if (kind, channel) in (("phone", "email"), ("email", "phone"), ("email", "sms")):
        raise Invalid.one("channel", "wrong_channel", N_("This value is of another channel."))


def _tell(row: Suppression, now: datetime) -> list[log.Record]:
    """Write the marks again and say whose contacts it is about; the row's number is drawn."""
    affected = marks_again(org_id=row.organisation_id, rows=[row], now=now)
    return [
        events.of(
            row,
            events.SUPPRESSION_CHANGED,
            {"contacts": ids, "campaign": str(row.campaign_id) if row.campaign_id else None},
        )
        for ids in events.chunks(affected)
    ]


def marks_again(*, org_id: UUID, rows: Iterable[Suppression], now: datetime) -> list[UUID]:
    """Bring the marks in step with suppressions that came or went; the contacts they are about.

    For a campaign's there are no marks, but its leads want to know all the same.
    """
    numbers = [row.value for row in rows if row.kind == "phone"]
    emails = [row.value for row in rows if row.kind == "email"]
    contacts = [UUID(row.value) for row in rows if row.kind == "contact"]
    mark(org_id=org_id, now=now, numbers=numbers, emails=emails, contacts=contacts)
    about = set(ContactNumber.objects.filter(organisation=org_id, e164__in=numbers).values_list("contact", flat=True))
    if emails:
        about.update(
            Contact.objects.filter(organisation=org_id, email__in=emails).exclude(email="").values_list("id", flat=True)
        )
    about.update(contacts)
    return sorted(about)


def _audit(actor: Actor, action: str, row: Suppression, **data: Any) -> None:
    audit.write(
        actor=actor,
        action=action,
        org_id=row.organisation_id,
        subject_type="suppression",
        subject_id=row.id,
        # The value is a person's; its kind says enough.
        data={"kind": row.kind, "channel": row.channel, **data},
    )
