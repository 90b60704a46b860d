"""What a session is submitted with, checked: ids, the agreement, the contact, the merchant's own fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from ringround.campaigns import queries as campaigns
from ringround.kernel import phones
from ringround.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from ringround.kernel.messages import N_
from ringround.kernel.text import clean
from ringround.onboarding.rules import identifiers
from ringround.onboarding.rules.session import Action, Intention, intention_of
from ringround.onboarding.rules.workflow import ContactField, Definition, may, upgrade_fields
from ringround.orgs.actor import Actor

MAX_VALUE, MAX_ID = 200, 200
# What rails may need, whatever the workflow asks for.
OF_RAILS = frozenset({"national_id", "bank_account", "iban"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAsk:
    """What is submitted. `contact`: {role: value}; `agreement`: `rules.agreed.FIELDS`; `params`: of an upgrade's
    action. `form_key`: one for each form that is shown, so that it is submitted once."""

    campaign_id: UUID
    lead_id: UUID | None = None
    external_lead_id: str | None = None
    subscription_id: UUID | None = None
    action: str = "sign_up"
    product: str | None = None
    contact: Mapping[str, Any] = field(default_factory=dict)
    agreement: Mapping[str, Any] = field(default_factory=dict)
    payment_method: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    form_key: UUID | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Given:
    """What was said of the contact: open to read, and what is sealed."""

    open: dict[str, str]
    secret: dict[str, str]


def check_role(actor: Actor, definition: Definition, action: str) -> None:
    """403 `role_too_low` where the workflow asks for a higher role; the action is known to be of its intention."""
    if not may(definition, action, actor.role):
        act = definition.upgrade.get(action)
        if action != Action.SIGN_UP and act is None:
            raise Conflict("action_not_offered", N_("The campaign's workflow does not offer this."))
        raise Forbidden("onboarding.sessions.submit", N_("Your role may not do this."), code="role_too_low")


def read_contact(definition: Definition, ask: SessionAsk, *, region: str, today: date, faults: list[Fault]) -> Given:
    """What was filled in of what the workflow asks for. An upgrade takes what may be updated on the way alone."""
    upgrade = intention_of(ask.action) is Intention.UPGRADE
    editable = upgrade_fields(definition, ask.action) if upgrade else None
    opened: dict[str, str] = {}
    secret: dict[str, str] = {}
    for role, raw in ask.contact.items():
        loc = ("contact", str(role)[:100])
        asked = definition.contact_field(role)
        if asked is None and role in OF_RAILS and not upgrade:
            asked = ContactField(role=role, sensitive=True)
        if asked is None:
            faults.append(Fault(loc, "unknown_field", N_("The workflow does not ask for this.")))
            continue
        if raw is None or raw == "":
            continue
        if not isinstance(raw, str):
            faults.append(Fault(loc, "wrong_type", N_("Give a text.")))
            continue
        if editable is not None and role not in editable:
            faults.append(Fault(loc, "not_editable", N_("This may not be changed here.")))
            continue
        value = clean(raw)
        if len(value) > MAX_VALUE:
            faults.append(Fault(loc, "too_long", N_("At most %(limit)s characters.", limit=MAX_VALUE)))
            continue
        try:
            value = read_value(role, value, region, today)
        except Invalid as wrong:
            faults += [Fault(loc, one.code, one.detail) for one in wrong.errors]
            continue
        if value:
            (secret if asked.sensitive else opened)[role] = value
    return Given(opened, secret)


def read_value(role: str, value: str, region: str, today: date) -> str:
    """A cleaned value as it is kept; Invalid where it is none of its role."""
    if role == "phone" and value:
        found = phones.parse(value, region)
        if found is None or not found.valid or not found.e164:
            raise Invalid.one("phone", "bad_phone", N_("This is not a phone number."))
        return found.e164
    if role == "email" and value and ("@" not in value[1:-1] or any(one.isspace() for one in value)):
        raise Invalid.one("email", "bad_email", N_("This is not an e-mail address."))
    if role == "national_id" and value:
        return identifiers.national_id(value, today=today)
    if role == "bank_account" and value:
        return identifiers.bank_account(value)
    if role == "iban" and value:
        return identifiers.iban(value)
    return value


def require_known(definition: Definition, known: Mapping[str, str], given: Given, faults: list[Fault]) -> None:
    """What must be known of the contact, by what there is and what was said; what is sensitive the donor types."""
    told = {fault.loc for fault in faults}
    for one in definition.contact_fields:
        there = one.sensitive or given.open.get(one.role) or known.get(one.role)
        if one.required and not there and ("contact", one.role) not in told:
            faults.append(Fault(("contact", one.role), "required", N_("This needs a value.")))


def campaign_seen(actor: Actor, campaign_id: UUID) -> campaigns.Campaign:
    """The campaign, or NotFound for who does not see it: agents see those they are on."""
    found = campaigns.campaign_find(actor=actor, campaign_id=campaign_id)
    if found is None:
        raise NotFound("campaign")
    return found
