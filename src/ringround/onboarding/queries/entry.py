"""What opens a session's form: an entry laid on its campaign's workflow, for this agent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from ringround.campaigns import queries as campaigns
from ringround.campaigns.queries import Campaign, Lead
from ringround.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from ringround.kernel.ids import new_id, parse_id
from ringround.kernel.messages import N_
from ringround.onboarding import sealing, texts
from ringround.onboarding.actions.leads import known_of
from ringround.onboarding.actions.sessions import SessionAsk
from ringround.onboarding.forms.entry import Offer, SessionForm
from ringround.onboarding.models import Subscription
from ringround.onboarding.queries.forms import FormPlan, form_for
from ringround.onboarding.queries.payments import next_payments
from ringround.onboarding.queries.promised import promised
from ringround.onboarding.rules import identifiers
from ringround.onboarding.rules.agreed import agree
from ringround.onboarding.rules.entry import Entry, Missing, Prefill, from_contact, missing, prefill
from ringround.onboarding.rules.session import TITLES, title_key
from ringround.onboarding.rules.subscription import allowed
from ringround.orgs.actor import Actor

MOST_AGREEMENTS = 10
# Said where what a form was opened for is not found any more when it is sent.
GONE = N_("What this form is about is no longer there, or no longer yours to see.")
_NAMES = frozenset({"name", "first_name", "last_name"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Existing:
    """An agreement as whoever changes it must see it, and no more: an agency sees no other of its merchant's."""

    id: UUID
    # Whose it is: for the merchant's own people, where the form does not begin with a contact.
    person: str = ""
    name: str
    state: str
    amount: int
    currency: str
    schedule: Any
    method: str
    next_on: date | None

    @property
    def over(self) -> bool:
        return self.state in ("inactive", "expired")


def existing(*, campaign: Campaign, subscription_id: UUID | None) -> Existing:
    """The campaign's merchant's agreement; NotFound, for another merchant's as for one that there is not."""
    rows = Subscription.objects.select_related("agreement", "mandate__account", "merchant").filter(
        merchant=campaign.merchant_id
    )
    found = rows.filter(id=subscription_id).first() if subscription_id is not None else None
    if found is None:
        raise NotFound("subscription")
    mandate = found.mandate
    method = f"{texts.METHODS[mandate.method]} {mandate.masked}".strip() if mandate is not None else ""
    return Existing(
        id=found.id, name=found.agreement.name, state=found.state, amount=found.amount, currency=found.currency,
        schedule=texts.SCHEDULES[found.schedule], method=method, next_on=next_payments([found]).get(found.id),
    )  # fmt: skip


def agreements_of(*, campaign: Campaign, contact_id: UUID) -> list[Existing]:
    """Those of a contact that could be changed, newest first."""
    rows = Subscription.objects.filter(
        merchant=campaign.merchant_id, agreement__contact=contact_id, state__in=["active", "on_hold"]
    )
    return [
        existing(campaign=campaign, subscription_id=one)
        for one in rows.order_by("-created_at", "-id").values_list("id", flat=True)[:MOST_AGREEMENTS]
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A form that may be shown: what it is drawn from. `masked`: the end of a national id that came with the entry;
    `sealed`: the entry for the form to bring back; `form_key`: one for each form that is shown."""

    entry: Entry
    plan: FormPlan
    form: SessionForm
    notes: tuple[Fault, ...]
    first: Prefill
    subscription: Existing | None = None
    # In our own console: the contact's others, of which one may be chosen instead.
    others: tuple[Existing, ...] = ()
    lead: Lead | None = None
    masked: str = ""
    sealed: str = ""
    form_key: UUID

    @property
    def campaign(self) -> Campaign:
        return self.plan.campaign

    @property
    def title(self) -> str:
        if not self.form.signup:
            return _("Change an agreement")
        product = self.plan.definition.product(self.form.chosen)
        return str(TITLES[title_key("sign_up", product.payment_type if product else "recurring")])

    @property
    def keep(self) -> str:
        """What its draft in the browser is called: two people's never mix."""
        return f"{self.entry.campaign}:{self.entry.external_lead_id or self.entry.subscription or self.form_key}"


@dataclass(frozen=True, slots=True)
class Lacking:
    """A form that cannot be shown, and why."""

    missing: tuple[Missing, ...]
    notes: tuple[Fault, ...]


def entry_open(
    *,
    actor: Actor,
    entry: Entry,
    data: Mapping[str, Any] | None = None,
    lead: Lead | None = None,
    form_id: str = "",
    form_key: UUID | None = None,
) -> Opened | Lacking:
    """The form of this entry. NotFound: a campaign or a subscription that there is not for this actor. `data`: what was
    posted; `lead`: of our own console; `form_id`: the form that the fields belong to, where they stand in another."""
    lacks = missing(entry, None)
    if lacks:
        return Lacking(lacks, entry.notes)
    plan = form_for(actor=actor, campaign_id=_id(entry.campaign, "campaign"))
    lacks = missing(entry, plan.definition.intention)
    if lacks:
        return Lacking(lacks, entry.notes)
    subscription, filled = None, entry
    if plan.definition.intention == "upgrade":
        subscription = existing(campaign=plan.campaign, subscription_id=parse_id(entry.subscription))
        if lead is None and actor.org_id == plan.campaign.merchant_id:
            known = _known_of(subscription.id)
            subscription = replace(subscription, person=person_of(known))
            asked = {one.role for one in plan.definition.contact_fields if not one.sensitive}
            fitting = {role: value for role, value in known.items() if role in asked}
            filled = replace(entry, contact={**fitting, **entry.contact})
    first = prefill(filled, plan.definition)
    offer = Offer(
        definition=plan.definition,
        served=frozenset(plan.methods),
        actions=[one for one in plan.actions if one in plan.definition.upgrade and _applies(one, subscription)],
        currency=subscription.currency if subscription is not None else "DKK",
    )
    form = SessionForm(data, offer=offer, prefill=first, form_id=form_id)
    return Opened(
        entry=entry, plan=plan, form=form, notes=first.notes, first=first, subscription=subscription, lead=lead,
        masked=identifiers.masked(entry.national_id) if entry.national_id else "",
        sealed=sealing.entry_seal(entry, purpose=sealing.FORM, of=str(actor.user_id)), form_key=form_key or new_id(),
    )  # fmt: skip


def _known_of(subscription_id: UUID) -> Mapping[str, str]:
    """What is known of the contact of a subscription that was found visible; nothing once they are erased."""
    contact_id = Subscription.objects.select_related("agreement").get(id=subscription_id).agreement.contact_id
    return known_of(contact_id) if contact_id is not None else {}


def person_of(known: Mapping[str, Any]) -> str:
    """What somebody is called, of what is known of them by role."""
    parts = " ".join(str(known[role]) for role in ("first_name", "last_name") if known.get(role))
    return str(known.get("name") or parts or known.get("company") or "")


def _applies(action: str, subscription: Existing | None) -> bool:
    """Whether it can be done with the agreement as it stands: restarting what runs is offered to nobody."""
    return subscription is None or subscription.state in allowed(action)


def entry_of_token(token: str) -> Entry | None:
    """What was sealed into the address of a form; None where it is not ours, or its time is over."""
    found = sealing.unseal(sealing.LINK, token)
    if found is None:
        return None
    notes = tuple(Fault((name,), code, detail) for name, code, detail in found.get("notes", ()))
    return replace(Entry.from_json(found["entry"]), notes=notes)


def ask_of_entry(*, actor: Actor, entry: Entry, said: Mapping[str, Any]) -> SessionAsk:
    """What an entry asks for where nobody fills in its form: what is `said` beside it (by the API's names) goes first,
    and what the workflow has no place for is left out, as on the form. Invalid with the ids that are missing, by their
    parameters; NotFound, 409 `no_workflow`."""
    _refuse_lacking(missing(entry, None))
    plan = form_for(actor=actor, campaign_id=_id(entry.campaign, "campaign"))
    definition = plan.definition
    _refuse_lacking(missing(entry, definition.intention))
    first, signup = prefill(entry, definition), definition.intention == "signup"
    values = dict(first.values)
    product = said.get("product") or (first.product.key if first.product is not None else None)
    if first.product is None or product != first.product.key:
        values = {}
    method = values.pop("method", None)
    contact: dict[str, Any] = {**first.contact, **(said.get("contact") or {})}
    if entry.national_id and signup and definition.contact_field("national_id") is not None:
        contact.setdefault("national_id", entry.national_id)
    agreement = {name: value for name, value in values.items() if value is not None} | (said.get("agreement") or {})
    return SessionAsk(
        campaign_id=plan.campaign.id,
        external_lead_id=entry.external_lead_id or None,
        subscription_id=parse_id(entry.subscription) if not signup else None,
        action=said.get("action") or "sign_up",
        product=product if signup else None,
        contact=contact,
        agreement=agreement if signup else {},
        payment_method=(said.get("payment_method") or method or None) if signup else None,
        metadata={**first.metadata, **(said.get("metadata") or {})},
        params=said.get("params") or {},
        form_key=said.get("form_key"),
        language=said.get("language"),
    )


def _refuse_lacking(lacks: tuple[Missing, ...]) -> None:
    if lacks:
        raise Invalid([Fault(("token", one.parameter), one.why.code, one.why.detail) for one in lacks])


def entry_of_lead(*, lead: Lead) -> Entry:
    """What a lead of our own brings along: its contact by role, and its own id where it has no other."""
    known = dict(known_of(lead.contact_id))
    if not any(known.get(role) for role in _NAMES):
        known["name"] = campaigns.contacts_of([lead])[lead.contact_id].name
    return from_contact(known, campaign=lead.campaign_id, external_lead_id=lead.external_lead_id or str(lead.id))


def entry_with_lead(*, actor: Actor, entry: Entry) -> Entry:
    """The same, filled up with what is known of the campaign's lead of that id: what the entry says goes first."""
    campaign_id = parse_id(entry.campaign)
    if campaign_id is None or not entry.external_lead_id:
        return entry
    campaign = campaigns.campaign_find(actor=actor, campaign_id=campaign_id)
    if campaign is None:
        return entry
    try:
        lead_id, _number = campaigns.lead_meant(
            campaign=campaign, lead=None, external_lead_id=entry.external_lead_id, phone=None
        )
        known = entry_of_lead(lead=campaigns.lead_get(actor=actor, lead_id=lead_id))
    except (NotFound, Invalid, Conflict):
        return entry
    named = _NAMES & set(entry.contact)
    filled = {role: value for role, value in known.contact.items() if not (role in _NAMES and named)}
    return replace(entry, contact={**filled, **entry.contact})


def lead_open(
    *,
    actor: Actor,
    lead: Lead,
    subscription_id: UUID | None = None,
    data: Mapping[str, Any] | None = None,
    form_id: str = "",
    form_key: UUID | None = None,
) -> Opened | None:
    """The form of the lead's own campaign, in our console; None where it has no workflow, or for an upgrade the contact
    no agreement."""
    try:
        plan = form_for(actor=actor, campaign_id=lead.campaign_id)
    except (Conflict, NotFound, Forbidden):
        return None
    entry = entry_of_lead(lead=lead)
    others: list[Existing] = []
    if plan.definition.intention == "upgrade":
        others = agreements_of(campaign=plan.campaign, contact_id=lead.contact_id)
        chosen = next((one for one in others if one.id == subscription_id), others[0] if others else None)
        if chosen is None:
            return None
        entry = replace(entry, subscription=str(chosen.id))
    found = entry_open(actor=actor, entry=entry, data=data, lead=lead, form_id=form_id, form_key=form_key)
    return replace(found, others=tuple(others)) if isinstance(found, Opened) else None


def ask_of(opened: Opened) -> SessionAsk:
    """What a valid form asks for."""
    form, entry = opened.form, opened.entry
    contact: dict[str, Any] = dict(form.contact_given)
    asked = opened.plan.definition.contact_field("national_id")
    if entry.national_id and asked is not None and form.signup:
        # Never in the form: it came with the entry, and stays sealed.
        contact["national_id"] = entry.national_id
    return SessionAsk(
        campaign_id=opened.campaign.id,
        lead_id=opened.lead.id if opened.lead is not None else None,
        external_lead_id=entry.external_lead_id or None if opened.lead is None else None,
        subscription_id=parse_id(entry.subscription) if not form.signup else None,
        action="sign_up" if form.signup else form.chosen,
        product=form.chosen if form.signup else None,
        contact=contact,
        agreement=form.agreement,
        payment_method=form.payment_method,
        metadata=form.metadata_given,
        params=form.params,
        form_key=opened.form_key,
        language=form.cleaned_data.get("language"),
    )


# --- the promise ------------------------------------------------------------------------------


def promise_of(opened: Opened) -> str:
    """When the first payment is taken by what the form says now, in words; "" where that cannot be said yet."""
    form = opened.form
    if not form.signup or not form.chosen:
        return ""
    product = opened.plan.definition.product(form.chosen)
    assert product is not None
    if form.is_bound and hasattr(form, "cleaned_data"):
        given, method = dict(form.agreement), form.payment_method
    else:
        started = opened.first.product is not None and opened.first.product.key == product.key
        values = dict(opened.first.values) if started else {}
        method = values.pop("method", None)
        given = {name: value for name, value in values.items() if value is not None}
    try:
        agreed = agree(product, {"amount": product.amount.bounds[0], **given}, method or None)
    except Invalid:
        return ""
    return promised(opened.campaign.merchant_id, agreed)


def form_context(opened: Opened, *, promise_url: str) -> dict[str, Any]:
    """What the form's templates are drawn from."""
    return {
        "title": opened.title,
        "campaign": opened.campaign,
        "form": opened.form,
        "notes": opened.notes,
        "subscription": opened.subscription,
        "masked": opened.masked,
        "sealed": opened.sealed,
        "form_key": opened.form_key,
        "keep": opened.keep,
        "promise": promise_of(opened),
        "promise_url": promise_url,
    }


def _id(written: str, what: str) -> UUID:
    found = parse_id(written)
    if found is None:
        raise NotFound(what)
    return found
