"""What a donor does with their link. Nobody is signed in: the link is unguessable, and the browser that goes on with it
keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from ringround.infra import clock
from ringround.infra.unit import action, unit
from ringround.kernel.calendar import find_zone
from ringround.kernel.errors import Conflict, Fault, Invalid, NotFound, NotNow
from ringround.kernel.ids import hash_token
from ringround.kernel.messages import N_
from ringround.kernel.text import clean
from ringround.onboarding.accounts import account_for, seal
from ringround.onboarding.actions.sessions import acts, begin, store
from ringround.onboarding.actions.sessions.ask import MAX_VALUE, read_value
from ringround.onboarding.models import ApprovalLink, Session
from ringround.onboarding.queries import asked
from ringround.onboarding.queries.payments import next_payments
from ringround.onboarding.queries.workflows import definition_of
from ringround.onboarding.rules.agreed import Agreed, choose_method
from ringround.onboarding.rules.session import LIVE, Action, Command, PaymentType, Status
from ringround.onboarding.rules.workflow import ContactField, Terms

# How a page stands: open to be confirmed; at the gateway; ended; or of no more use to this browser.
STATES = ("open", "at_gateway", "done", "declined", "failed", "expired", "revoked", "taken")
_ENDED = {
    Status.COMPLETE: "done", Status.REJECTED: "declined", Status.FAILED: "failed", Status.EXPIRED: "expired",
}  # fmt: skip
LONGEST_TOKEN = 100
# The reasons of a session's end by which somebody said no: the donor, or the agent or the provider for them.
REFUSALS = ("donor_declined", "agent_declined", "gateway_rejected")
# It may have begun: two ways of paying would both be collected.
FIRST_CHOICE = N_(
    "The payment provider that you chose first has not answered yet. Try again in a little while; only when it has "
    "said no can you pay another way."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DonorPage:
    """All that the page shows. `state`: of STATES; of `revoked` and `taken` nothing about the agreement is told.

    `asked`: what the donor types, the workflow's sensitive fields first and then what the rail needs (`bank_account`),
    with whether each is required; where there is a choice of methods, what all of them ask for, with `needed`, the
    methods that require it where not all do; and `asked_by`, by method, what else each asks for. `methods`: to choose
    among; one is not asked. `promise`: the first charge, or the next; None where it is taken with the acceptance,
    or where the methods to choose among collect on different days, which `promises` says by method. `at_once`: a
    `one_off` is taken with the acceptance, else as soon as the rail can. `expires_at`: until when an open link works,
    in the merchant's zone.
    """

    state: str
    language: str
    merchant: str
    action: str = Action.SIGN_UP.value
    name: str = ""
    description: str = ""
    amount: int | None = None
    currency: str = ""
    schedule: str = ""
    one_off: bool = False
    at_once: bool = False
    promise: date | None = None
    promises: Mapping[str, date | None] = field(default_factory=dict)
    person: str = ""
    asked: tuple[ContactField, ...] = ()
    asked_by: Mapping[str, tuple[ContactField, ...]] = field(default_factory=dict)
    needed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    methods: tuple[str, ...] = ()
    method: str = ""
    terms: Terms | None = None
    redirect_url: str | None = None
    reason: str = ""
    session_id: Any = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The session as it is now; where the donor goes: None where the page itself tells."""

    session: Session
    redirect_url: str | None


@action
def link_open(*, token: str, holder: str, look: bool = False) -> DonorPage:
    """The page of a link, which is thereby opened; NotFound. `holder`: what this browser was given; "": nothing yet.
    `look`: it is not opened, for a machine has asked whether it is there."""
    now = clock.now()
    link, session = _lock(token)
    state = _state(link, session, holder, now)
    if look:
        return _page(link, session, state, now)
    if state == "open" and session.opened_at is None:
        store.move(session, Command.OPEN_LINK, now=now)
    if link.opened_at is None and state == "open":
        link.opened_at = now
        link.save(update_fields=["opened_at"])
    return _page(link, session, state, now)


def link_confirm(
    *,
    token: str,
    holder: str,
    values: Mapping[str, str] | None = None,
    method: str = "",
    terms_version: str = "",
    return_url: str = "",
) -> Confirmed:
    """The donor agrees: what they typed is kept sealed, the link is this browser's and used, and the gateway begins.

    Invalid with every fault; 409 `link_taken`, `link_over`; `gateway_busy` where it may be tried again.
    """
    other = False
    with unit():
        now = clock.now()
        link, session = _lock(token)
        state = _state(link, session, holder, now)
        if state == "at_gateway" or (state == "open" and session.beginning_at is not None):
            # Pressed twice, or the answer was lost: the same beginning.
            session_id = session.id
            other = state == "open" and method not in ("", session.payment_method)
        else:
            _refuse(state)
            _take_in(link, session, values or {}, method, terms_version, now)
            link.holder_hash, link.opened_at = hash_token(holder), link.opened_at or now
            link.save(update_fields=["holder_hash", "opened_at"])
            if session.opened_at is None:
                store.move(session, Command.OPEN_LINK, now=now)
            begin.prepare(session, session.payment_method, return_url=return_url)
            store.write(session, "confirmed", terms_version=session.terms_version)
            session_id = session.id
    try:
        begun = begin.begin(session_id)
    except Invalid:
        if not other:
            raise
        # What was chosen first is refused, and nothing has begun: the new choice is taken.
        return link_confirm(
            token=token, holder=holder, values=values, method=method, terms_version=terms_version,
            return_url=return_url,
        )  # fmt: skip
    except NotNow:
        if not other:
            raise
        raise NotNow("gateway_busy", FIRST_CHOICE) from None
    with unit():
        ApprovalLink.objects.filter(id=link.id, used_at__isnull=True).update(used_at=clock.now())
    return Confirmed(begun.session, begun.redirect_url)


def link_decline(*, token: str, holder: str) -> DonorPage:
    """The donor says no; what is under way at the gateway is cancelled there."""
    with unit():
        link, session = _lock(token)
        state = _state(link, session, holder, clock.now())
        if state not in ("open", "at_gateway"):
            _refuse(state)
    acts.end(session.id, reason="donor_declined", actor=None)
    with unit():
        link, session = _lock(token)
        return _page(link, session, _state(link, session, holder, clock.now()), clock.now())


# --- inside -------------------------------------------------------------------------------------


def _lock(token: str) -> tuple[ApprovalLink, Session]:
    """The session first, as whoever locks both."""
    if not token or len(token) > LONGEST_TOKEN or not token.isascii():
        raise NotFound("link")
    found = ApprovalLink.objects.filter(token_hash=hash_token(token)).first()
    session = store.lock(found.session_id) if found is not None else None
    if found is None or session is None:
        raise NotFound("link")
    return ApprovalLink.objects.get(id=found.id), session


def _state(link: ApprovalLink, session: Session, holder: str, now: datetime) -> str:
    mine = bool(holder) and link.holder_hash == hash_token(holder)
    if link.holder_hash and not mine:
        return "taken"
    status = Status(session.status)
    if status not in LIVE:
        # Who has gone on with it sees how it ended; a link that was not is over.
        # Who has said nothing is not told that they said no.
        if status is Status.REJECTED and session.reason not in REFUSALS:
            return "revoked"
        return _ENDED[status] if mine or link.revoked_at is None or status is not Status.COMPLETE else "revoked"
    if status is Status.PROCESSING or session.gateway_ref:
        return "at_gateway" if mine or link.revoked_at is None else "revoked"
    if link.revoked_at is not None:
        return "revoked"
    if link.expires_at <= now or session.expires_at <= now:
        return "expired"
    return "open"


def _refuse(state: str) -> None:
    if state == "taken":
        raise Conflict("link_taken", N_("This link is open on another device."))
    if state != "open":
        raise Conflict("link_over", N_("This link is of no more use. Ask for a new one."))


def _page(link: ApprovalLink, session: Session, state: str, now: datetime) -> DonorPage:
    merchant = str(session.snapshot.get("merchant", ""))
    if state in ("revoked", "taken"):
        return DonorPage(state=state, language=session.language, merchant=merchant)
    methods = asked.methods_of(session)
    method = session.payment_method or (methods[0] if len(methods) == 1 else "")
    terms = definition_of(session.workflow_version).terms
    said: dict[str, Any] = {}
    if session.action == Action.CHANGE_PAYMENT_METHOD and session.subscription is not None:
        one = session.subscription
        said = {
            "name": one.agreement.name, "description": one.agreement.description, "amount": one.amount,
            "currency": one.currency, "schedule": one.schedule,
            "promise": begin.next_kept(session) if state == "at_gateway" else next_payments([one]).get(one.id),
        }  # fmt: skip
    elif session.action == Action.SIGN_UP:
        agreed = Agreed.from_json(session.agreed)
        said = {
            "name": agreed.name, "description": agreed.description, "amount": agreed.amount,
            "currency": agreed.currency, "schedule": agreed.schedule, "one_off": agreed.one_off,
            "at_once": agreed.one_off and asked.taken_at_once(session, (method,) if method else methods),
            "promise": _promise(session, method, now),
        }  # fmt: skip
    promises: dict[str, date | None] = {}
    if state == "open" and said:
        promises = {one: _promise(session, one, now) for one in methods}
        if promises:
            # Of several methods that collect on different days each says its own.
            said["promise"] = next(iter(promises.values())) if len(set(promises.values())) == 1 else None
    ends = min(link.expires_at, session.expires_at).astimezone(find_zone(session.merchant.timezone))
    fields = asked.AskedBy((), {}, {})
    if state == "open" and len(methods) > 1:
        fields = asked.fields_by_method(session, methods)
    elif state == "open":
        fields = asked.AskedBy(asked.fields_of(session, method), {}, {})
    names = (session.given.get("first_name"), session.given.get("last_name"))
    return DonorPage(
        state=state, language=session.language, merchant=merchant, action=session.action,
        person=session.given.get("name") or " ".join(one for one in names if one),
        asked=fields.all, asked_by=fields.each, needed=fields.needed, methods=methods, method=method,
        terms=terms if terms.text else None, reason=session.reason, session_id=session.id,
        redirect_url=session.redirect_url or None if state == "at_gateway" else None, promises=promises,
        expires_at=ends if state == "open" else None, **said,
    )  # fmt: skip


def _promise(session: Session, method: str, now: datetime) -> date | None:
    """When the first charge by this method comes, or the next; what was said when the donor agreed to it is said
    again."""
    if session.action == Action.SIGN_UP and session.subscription is not None:
        # What it has come to, whatever would be promised by now.
        return session.subscription.starts_on
    if method == session.payment_method:
        if (kept := begin.promise_kept(session)) is not None:
            return kept.due_on
        if "next_on" in session.snapshot:
            return begin.next_kept(session)
    account = account_for(merchant_id=session.merchant_id, method=method) if method else None
    if account is None or session.payment_type == PaymentType.SINGLE:
        return None
    if session.action == Action.CHANGE_PAYMENT_METHOD:
        return begin.next_of(session, account, now=now, method=method)
    return begin.promise_of(session, account, now=now, method=method).due_on


def _take_in(
    link: ApprovalLink, session: Session, values: Mapping[str, str], method: str, terms_version: str, now: datetime
) -> None:
    """What the donor typed, checked and kept; Invalid with every fault."""
    faults: list[Fault] = []
    methods = asked.methods_of(session)
    chosen = method or session.payment_method or (methods[0] if len(methods) == 1 else "")
    if chosen not in methods:
        faults.append(Fault(("payment_method",), "required", N_("Choose how to pay.")))
    definition = definition_of(session.workflow_version)
    if definition.terms.text and terms_version != definition.terms.version:
        faults.append(Fault(("terms",), "required", N_("Read the terms and accept them.")))
    merchant = session.merchant
    today = now.astimezone(find_zone(merchant.timezone)).date()
    secret, opened = asked.secrets_of(session), dict(session.given)
    refused = set(asked.refused_of(session))
    for one in asked.fields_of(session, chosen if chosen in methods else ""):
        raw = clean(str(values.get(one.role) or ""))
        if not raw:
            if one.required and (one.role in refused or not secret.get(one.role)):
                faults.append(Fault((one.role,), "required", N_("This needs a value.")))
            continue
        try:
            value = _read(one.role, raw, merchant.region, today)
        except Invalid as wrong:
            faults += [Fault((one.role,), each.code, each.detail) for each in wrong.errors]
            continue
        (secret if one.sensitive else opened)[one.role] = value
        refused.discard(one.role)
    if not faults and session.action == Action.SIGN_UP:
        product = definition.product(str(session.agreed.get("product")))
        assert product is not None
        agreed = choose_method(product, Agreed.from_json(session.agreed), chosen, served=methods)
        session.agreed = agreed.to_json()
    if faults:
        raise Invalid(faults)
    session.payment_method, session.terms_version = chosen, terms_version[:100]
    session.secrets, session.given = seal(secret), opened
    session.snapshot["refused"] = sorted(refused)
    session.save(update_fields=["payment_method", "terms_version", "secrets", "given", "agreed", "snapshot"])


def _read(role: str, raw: str, region: str, today: date) -> str:
    """As what agents fill in is read."""
    if len(raw) > MAX_VALUE:
        raise Invalid.one(role, "too_long", N_("At most %(limit)s characters.", limit=MAX_VALUE))
    return read_value("phone" if role == "msisdn" else role, raw, region, today)
