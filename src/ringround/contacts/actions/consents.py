"""What a person is to the merchant, and has agreed to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from ringround.contacts import events
from ringround.contacts.actions.contacts import contact_locked
from ringround.contacts.models import Consent, Contact, Relation
from ringround.infra import audit, clock
from ringround.infra import events as log
from ringround.kernel.errors import Conflict, Fault, Invalid, NotFound
from ringround.kernel.ids import new_id, parse_id
from ringround.kernel.messages import N_
from ringround.kernel.text import clean
from ringround.orgs import permissions
from ringround.orgs.actor import Actor

CHANNELS = ("phone", "email", "any")
MAX_SOURCE, MAX_TEXT_VERSION, MOST_CONSENTS = 500, 200, 200
# Clocks of programs that send us consents are not ours: so much ahead is still now.
_AHEAD = timedelta(minutes=5)


@transaction.atomic
def relation_set(*, actor: Actor, contact_id: UUID | str, relation: Mapping[str, Any] | None) -> None:
    """Say what a contact is to the merchant (`kind`, `since`, `until`); None: it is not known."""
    contact = contact_locked(actor, contact_id)
    permissions.require(actor, "contacts.contacts.change")
    before = Relation.objects.filter(contact=contact).values("kind", "since", "until").first()
    after = _relation(relation) if relation is not None else None
    if before == after:
        return
    Relation.objects.filter(contact=contact).delete()
    if after is not None:
        Relation.objects.create(contact=contact, **after)
    _told(actor, contact, "contacts.contact.relation_changed", "relation")


@transaction.atomic
def consent_add(
    *,
    actor: Actor,
    contact_id: UUID | str,
    channel: str,
    given_at: datetime,
    source: str,
    text_version: str = "",
) -> UUID:
    """Record that a person has agreed to be contacted on a channel: when, where, and to which wording."""
    contact = contact_locked(actor, contact_id)
    permissions.require(actor, "contacts.contacts.change")
    now = clock.now()
    faults = []
    if channel not in CHANNELS:
        faults.append(
            Fault(("channel",), "not_an_option", N_("This is not one of the options."), {"options": CHANNELS})
        )
    if given_at.tzinfo is None:
        faults.append(Fault(("given_at",), "no_zone", N_("Say the time with its zone.")))
    elif given_at > now + _AHEAD:
        faults.append(Fault(("given_at",), "in_the_future", N_("This time has not come yet.")))
    words, version = clean(source), clean(text_version)
    if not words:
        faults.append(Fault(("source",), "required", N_("Say where they have agreed, so that it can be proved.")))
    for name, text, most in (("source", words, MAX_SOURCE), ("text_version", version, MAX_TEXT_VERSION)):
        if len(text) > most:
            faults.append(Fault((name,), "too_long", N_("At most %(limit)s characters.", limit=most)))
    if faults:
        raise Invalid(faults)
    if Consent.objects.filter(contact=contact).count() >= MOST_CONSENTS:
        raise Conflict("too_many_consents", N_("A contact keeps at most %(limit)s consents.", limit=MOST_CONSENTS))
    made = Consent.objects.create(
        id=new_id(), contact=contact, channel=channel, given_at=min(given_at, now), source=words,
        text_version=version, recorded_at=now, recorded_by_id=actor.user_id,
    )  # fmt: skip
    _told(actor, contact, "contacts.contact.consent_given", "consents", consent=str(made.id), channel=channel)
    return made.id


@transaction.atomic
def consent_withdraw(*, actor: Actor, contact_id: UUID | str, consent_id: UUID | str) -> None:
    """The person has taken a consent back: it counts no more from now on, and stays as a record. Twice is no fault."""
    contact = contact_locked(actor, contact_id)
    permissions.require(actor, "contacts.contacts.change")
    wanted = parse_id(consent_id)
    found = Consent.objects.filter(id=wanted, contact=contact).first() if wanted is not None else None
    if found is None:
        raise NotFound("consent")
    if found.withdrawn_at is not None:
        return
    found.withdrawn_at = clock.now()
    found.save(update_fields=["withdrawn_at"])
    _told(actor, contact, "contacts.contact.consent_withdrawn", "consents", consent=str(found.id))


def _relation(given: Mapping[str, Any]) -> dict[str, Any]:
    faults = []
    kind = given.get("kind")
    if kind not in Relation.Kind.values:
        options = {"options": list(Relation.Kind.values)}
        faults.append(Fault(("relation", "kind"), "not_an_option", N_("This is not one of the options."), options))
    since, until = (_day(given.get(name), name, faults) for name in ("since", "until"))
    if since is not None and until is not None and until < since:
        faults.append(Fault(("relation", "until"), "end_before_start", N_("The end must come after the start.")))
    if faults:
        raise Invalid(faults)
    return {"kind": kind, "since": since, "until": until}


def _day(raw: object, name: str, faults: list[Fault]) -> date | None:
    if isinstance(raw, datetime):
        raw = raw.astimezone(UTC).date()
    if raw is None or (isinstance(raw, date) and 1900 <= raw.year <= 2200):
        return raw
    faults.append(Fault(("relation", name), "wrong_type", N_("Give a date.")))
    return None


def _told(actor: Actor, contact: Contact, action: str, column: str, **data: Any) -> None:
    """By the same event as a change of its columns: campaigns look at its leads again."""
    data_of_event = {"list": str(contact.list_id), "contacts": [str(contact.id)], "columns": [column]}
    record = events.of(contact, events.CONTACT_CHANGED, data_of_event)
    contact.save(update_fields=["event_no"])
    log.record_all([record])
    audit.write(
        actor=actor, action=action, org_id=contact.organisation_id, subject_type="contact", subject_id=contact.id,
        data=data,
    )  # fmt: skip
