"""Submitting a session: every guard, the lead it is for, and what an upgrade does at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from ringround.campaigns.queries import Campaign, Lead
from ringround.infra import clock, sql
from ringround.infra.unit import action
from ringround.kernel.calendar import find_zone
from ringround.kernel.errors import Conflict, Fault, Invalid, NotFound
from ringround.kernel.messages import N_
from ringround.onboarding import ports
from ringround.onboarding.accounts import methods_for, seal
from ringround.onboarding.actions import leads
from ringround.onboarding.actions.sessions import local, store
from ringround.onboarding.actions.sessions.ask import (
    MAX_ID,
    Given,
    SessionAsk,
    campaign_seen,
    check_role,
    read_contact,
    require_known,
)
from ringround.onboarding.models import Session, Subscription, Workflow, WorkflowVersion
from ringround.onboarding.queries.forms import workflow_of
from ringround.onboarding.queries.workflows import definition_of, version_of
from ringround.onboarding.rules.agreed import agree, check_amount
from ringround.onboarding.rules.session import (
    LIVE,
    Action,
    Intention,
    PaymentType,
    Submitting,
    check_submit,
    intention_of,
    is_local,
)
from ringround.onboarding.rules.subscription import faults_of
from ringround.onboarding.rules.workflow import Definition, read_metadata
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

# By what somebody is called.
_NAMES = frozenset({"first_name", "last_name", "name", "company"})


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What an ask has come to, checked."""

    payment_type: str
    given: Given
    agreed: Mapping[str, Any]
    params: Mapping[str, Any]
    method: str
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an ask is about, and what it has come to."""

    version: WorkflowVersion
    workflow: Workflow
    definition: Definition
    subscription: Subscription | None
    lead: Lead | None
    contact_id: UUID | None
    known: Mapping[str, str]
    wanted: _Wanted


def session_submit(*, actor: Actor, ask: SessionAsk) -> Session:
    """Begin a session on a campaign that the actor sees; what an upgrade does by itself is done when this returns.

    1. Whoever sends a form twice gets the first session.
    2. The guards, in their order: the campaign and its workflow, ids and action, running and in period, the role.
    3. What was filled in, every fault told.
    4. Whose it is: the lead, or somebody new on the list "Onboarding".
    5. The session, New. Its lead is processed, and its agent free.
    6. A local act is done.

    Somebody new is placed in a transaction of its own, before the session's: contacts come onto a list one by one, and
    a session holds its locks for much longer. Whoever is placed and gets no session is found by the caller's own id.
    """
    return _submit(actor, ask, _place_new(actor, ask))


@action
def _place_new(actor: Actor, ask: SessionAsk) -> UUID | None:
    """Step 4 of somebody who is not known yet: their lead; None for all others."""
    campaign = campaign_seen(actor, ask.campaign_id)
    require(actor, "onboarding.sessions.submit")
    if ask.lead_id is not None or not ask.external_lead_id or ask.action != Action.SIGN_UP:
        return None
    if leads.find(campaign=campaign, lead_id=None, external_id=ask.external_lead_id) is not None:
        return None
    asked = _look(actor, campaign, ask, clock.now())
    given = asked.wanted.given.open
    return leads.place(campaign=campaign, external_id=ask.external_lead_id, given=given).id


@action
def _submit(actor: Actor, ask: SessionAsk, fresh: UUID | None) -> Session:
    """The steps in the session's own transaction. `fresh`: the lead that was placed for it a moment ago."""
    now = clock.now()
    campaign = campaign_seen(actor, ask.campaign_id)
    require(actor, "onboarding.sessions.submit")
    # Before all other locks, as whoever works with leads takes them.
    done = ports.working(actor)

    # 1.
    if ask.form_key is not None:
        sql.row("onboarding", "form_lock", merchant=campaign.merchant_id, key=ask.form_key)
        there = Session.objects.filter(merchant=campaign.merchant_id, form_key=ask.form_key).first()
        if there is not None:
            if there.user_id != actor.user_id or there.campaign_id != campaign.id:
                raise Conflict("form_used", N_("This form has been submitted already. Open a new one."))
            return there

    # 2. and 3.
    asked = _look(actor, campaign, ask, now)
    lead, contact_id, known, wanted = asked.lead, asked.contact_id, asked.known, asked.wanted
    version, definition, subscription = asked.version, asked.definition, asked.subscription

    # 4.
    if lead is None and subscription is None:
        raise NotFound("lead")  # erased since a moment ago
    if contact_id is not None and wanted.given.open and (lead is None or lead.id != fresh):
        leads.correct(actor=actor, contact_id=contact_id, given=wanted.given.open, known=known)
    external_id = ask.external_lead_id or (
        str(subscription.id) if subscription is not None else lead.external_lead_id or str(lead.id) if lead else ""
    )

    # 5.
    roles = {one.role for one in definition.contact_fields if not one.sensitive}
    if subscription is not None:
        roles |= _NAMES  # whoever asks for a change is called by name, whatever the form asks for
    shown = {role: value for role, value in known.items() if role in roles}
    until = now + timedelta(seconds=definition.link_ttl_s)
    session = Session(
        merchant_id=campaign.merchant_id, agency_id=campaign.agency_id, campaign_id=campaign.id,
        lead_id=lead.id if lead is not None else None, contact_id=contact_id, external_lead_id=external_id,
        workflow_version=version, user=actor.user, intention=definition.intention, action=ask.action,
        payment_type=wanted.payment_type, form_key=ask.form_key, language=_language(definition, ask),
        given={**shown, **wanted.given.open}, secrets=seal(wanted.given.secret), agreed=dict(wanted.agreed),
        params=dict(wanted.params), metadata=dict(wanted.metadata), payment_method=wanted.method,
        subscription=subscription, created_at=now, expires_at=until, look_at=until, event_no=1,
        snapshot=_snapshot(actor, campaign, asked),
    )  # fmt: skip
    session.save(force_insert=True)
    store.write(session, "created", actor=actor)
    store.tell(session, now=now)
    processed = leads.submitted(session, actor=actor, now=now)
    _refuse_second(session)
    if processed is not None:
        session.snapshot["attempt"] = str(processed.attempt_id)
        session.save(update_fields=["snapshot"])
        if processed.held:
            done(processed.wrap_up_s)

    # 6.
    if is_local(session.action):
        local.perform(session, actor=actor, now=now)
    return session


def _look(actor: Actor, campaign: Campaign, ask: SessionAsk, now: datetime) -> _Asked:
    """Steps 2 and 3: nothing is written."""
    workflow = workflow_of(campaign)
    version = version_of(workflow)
    definition = definition_of(version)
    check_submit(
        Submitting(
            intention=definition.intention, action=ask.action, campaign_state=campaign.state,
            starts_at=campaign.starts_at, ends_at=campaign.ends_at, lead=ask.lead_id,
            external_lead_id=ask.external_lead_id, subscription=ask.subscription_id,
        ),
        now,
    )  # fmt: skip
    check_role(actor, definition, ask.action)
    subscription = _subscription(campaign, ask)
    lead = leads.find(
        campaign=campaign, lead_id=ask.lead_id, external_id=ask.external_lead_id,
        contact_id=subscription.agreement.contact_id if subscription is not None else None,
    )  # fmt: skip
    contact_id = lead.contact_id if lead is not None else None
    if subscription is not None:
        contact_id = subscription.agreement.contact_id
    known = leads.known_of(contact_id) if contact_id is not None else {}

    if lead is not None and subscription is not None:
        _refuse_others(lead, subscription, known)
    wanted = _read(campaign, definition, ask, known, now, upgrade=subscription is not None)
    return _Asked(version, workflow, definition, subscription, lead, contact_id, known, wanted)


def _refuse_others(lead: Lead, subscription: Subscription, known: Mapping[str, str]) -> None:
    """A change of one person's agreement is no success of another's lead. One person may be on several lists."""
    contact_id = subscription.agreement.contact_id
    if lead.contact_id == contact_id:
        return
    theirs = leads.known_of(lead.contact_id)
    if not any(known.get(role) and known[role] == theirs.get(role) for role in ("phone", "email", "external_id")):
        words = N_("This agreement is not the contact's.")
        raise Conflict("other_contact", words, errors=[Fault(("subscription",), "other_contact", words)])


def _refuse_second(session: Session) -> None:
    """One sign-up of a lead at a time, else who opens both links has agreed twice. The lead is locked."""
    if session.action != Action.SIGN_UP or session.lead_id is None:
        return
    others = Session.objects.filter(lead=session.lead_id, action=Action.SIGN_UP, status__in=[one.value for one in LIVE])
    first = others.exclude(id=session.id).order_by("created_at").values_list("id", flat=True).first()
    if first is not None:
        words = N_(
            "A session with this contact is open already: send its link again, or end it first. If it is a "
            "colleague's, ask your supervisor."
        )
        raise Conflict("session_open", words, errors=[Fault(("lead",), "session_open", words, {"session": str(first)})])


def _subscription(campaign: Campaign, ask: SessionAsk) -> Subscription | None:
    if intention_of(ask.action) is Intention.SIGNUP or ask.subscription_id is None:
        return None
    found = Subscription.objects.select_related("agreement", "mandate").filter(
        merchant=campaign.merchant_id, id=ask.subscription_id
    )
    if is_local(ask.action):
        # It is changed in this transaction: locked before its lead, as whoever locks both.
        found = found.select_for_update(no_key=True, of=("self",))
    subscription = found.first()
    if subscription is None:
        raise NotFound("subscription")
    return subscription


def _read(
    campaign: Campaign, definition: Definition, ask: SessionAsk, known: Mapping[str, str], now: datetime, *,
    upgrade: bool,
) -> _Wanted:  # fmt: skip
    """What was filled in; Invalid with every fault."""
    faults: list[Fault] = []
    merchant = campaign.merchant
    zone = find_zone(merchant.timezone)
    today = now.astimezone(zone).date()
    if ask.external_lead_id is not None and len(ask.external_lead_id) > MAX_ID:
        faults.append(Fault(("external_lead_id",), "too_long", N_("At most %(limit)s characters.", limit=MAX_ID)))
    given = read_contact(definition, ask, region=merchant.region, today=today, faults=faults)
    if not upgrade:
        require_known(definition, known, given, faults)
    metadata, wrong = read_metadata(definition, ask.metadata)
    faults += wrong
    payment_type, method = "recurring", ""
    agreed: dict[str, Any] = {}
    params: dict[str, Any] = {}
    if upgrade:
        params, wrong = _params(definition, ask, campaign, today)
        method = str(params.get("method") or "")
        faults += wrong
        for name in ("product", "payment_method"):
            if getattr(ask, name):
                faults.append(Fault((name,), "not_for_upgrade", N_("Only a sign-up has this.")))
        if ask.agreement:
            faults.append(Fault(("agreement",), "not_for_upgrade", N_("Only a sign-up has this.")))
    else:
        if ask.params:
            faults.append(Fault(("params",), "not_for_sign_up", N_("Only an upgrade has this.")))
        keys = [one.key for one in definition.products]
        key = ask.product or (keys[0] if len(keys) == 1 else None)
        product = definition.product(key) if key is not None else None
        if product is None:
            code = "required" if key is None else "unknown_product"
            faults.append(Fault(("product",), code, N_("Choose one of the workflow's products."), {"options": keys}))
        else:
            payment_type = PaymentType(product.payment_type).value
            try:
                found = agree(
                    product, ask.agreement, ask.payment_method, served=methods_for(merchant_id=campaign.merchant_id)
                )
                agreed, method = found.to_json(), found.method
            except Invalid as refused:
                faults += refused.errors
    if faults:
        raise Invalid(faults)
    return _Wanted(payment_type, given, agreed, params, method, metadata)


def _params(
    definition: Definition, ask: SessionAsk, campaign: Campaign, today: date
) -> tuple[dict[str, Any], list[Fault]]:
    """An upgrade's parameters within what the workflow lets one do."""
    act = definition.upgrade[ask.action]
    faults = faults_of(ask.action, ask.params, today=today)
    params = dict(ask.params)
    if faults:
        return params, faults
    allowed: tuple[str, ...] | None = None
    name = ""
    if ask.action == Action.CHANGE_AMOUNT:
        amount = check_amount(act.amount, params.get("amount"), ("params", "amount"))
        if isinstance(amount, Fault):
            faults.append(amount)
    elif ask.action == Action.CHANGE_FREQUENCY:
        name, allowed = "schedule", act.schedules
    elif ask.action == Action.CHANGE_PAYMENT_METHOD:
        served = methods_for(merchant_id=campaign.merchant_id)
        name, allowed = "method", tuple(one for one in act.methods if one in served)
        if params.get("method") is None:
            return params, faults
    elif ask.action == Action.PAUSE:
        params.setdefault("kind", "indefinite")
        name, allowed = "kind", act.kinds
        if params["kind"] == "skip" and params["count"] > act.most_skipped:
            detail = N_("From %(least)s to %(most)s.", least=1, most=act.most_skipped)
            faults.append(Fault(("params", "count"), "out_of_range", detail))
    elif ask.action == Action.CANCEL and not _is_line(params.get("reason")):
        faults.append(Fault(("params", "reason"), "too_long", N_("At most %(limit)s characters.", limit=MAX_ID)))
    if allowed is not None and params.get(name) not in allowed:
        options = {"options": list(allowed)}
        faults.append(Fault(("params", name), "not_an_option", N_("Choose one of the options."), options))
    return params, faults


def _is_line(reason: object) -> bool:
    return reason is None or (isinstance(reason, str) and len(reason) <= MAX_ID)


def _language(definition: Definition, ask: SessionAsk) -> str:
    return ask.language if ask.language in definition.languages else definition.languages[0]


def _snapshot(actor: Actor, campaign: Campaign, asked: _Asked) -> dict[str, Any]:
    """How things are called at this moment; and the agreement that is to be changed, for whoever may see no more of
    it later."""
    one = asked.subscription
    was = {} if one is None else {
        "agreement": {
            "name": one.agreement.name, "description": one.agreement.description, "amount": one.amount,
            "currency": one.currency, "schedule": one.schedule, "state": one.state,
            "method": one.mandate.method if one.mandate is not None else None,
        }
    }  # fmt: skip
    return {
        **was,
        "merchant": campaign.merchant.name,
        "agency": campaign.agency.name,
        "campaign": campaign.name,
        "workflow": asked.workflow.name,
        "version": asked.version.number,
        "user": actor.user.name if actor.user is not None else "",
    }


def asked_of(campaign_id: UUID, given: Mapping[str, Any]) -> SessionAsk:
    """An ask from an API body or a form's values, by the API's names."""
    return SessionAsk(
        campaign_id=campaign_id, lead_id=given.get("lead"), external_lead_id=given.get("external_lead_id"),
        subscription_id=given.get("subscription"), action=given.get("action") or Action.SIGN_UP,
        product=given.get("product"), contact=given.get("contact") or {}, agreement=given.get("agreement") or {},
        payment_method=given.get("payment_method"), metadata=given.get("metadata") or {},
        params=given.get("params") or {}, form_key=given.get("form_key"), language=given.get("language"),
    )  # fmt: skip
