"""What a session lets its donor pay by, and what must be known for it: on their page and on the caller's screen."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ringround.infra.secrets import KeyTrouble
from ringround.kernel.errors import Conflict, Fault, Invalid, NotNow
from ringround.kernel.messages import N_
from ringround.onboarding.accounts import account_for, account_sealed, methods_for, unseal
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import Capabilities
from ringround.onboarding.models import GatewayAccount, Session
from ringround.onboarding.queries.workflows import definition_of
from ringround.onboarding.rules.session import Action, Status, may_submit_payment
from ringround.onboarding.rules.workflow import ContactField

AGAIN = N_("The payment provider does not answer at the moment. Try again in a little while.")
# Of what is asked for, what is kept sealed whoever says it.
_SEALED = frozenset({"national_id", "bank_account", "iban"})


def methods_of(session: Session) -> tuple[str, ...]:
    """The methods that its workflow allows and its merchant has an account for."""
    served = methods_for(merchant_id=session.merchant_id)
    definition = definition_of(session.workflow_version)
    if session.action == Action.CHANGE_PAYMENT_METHOD:
        wanted = session.params.get("method")
        allowed = (wanted,) if wanted else definition.upgrade[session.action].methods
    else:
        product = definition.product(str(session.agreed.get("product")))
        allowed = product.methods if product is not None else ()
    return tuple(one for one in allowed if one in served)


def able(account: GatewayAccount, method: str) -> Capabilities:
    """What its rail can do."""
    return DRAWERS[account.kind].capabilities(account_sealed(account), method)


def taken_at_once(session: Session, methods: Collection[str]) -> bool:
    """Whether each of these methods takes the first payment with the acceptance."""
    accounts = {one: account_for(merchant_id=session.merchant_id, method=one) for one in methods}
    return all(account is not None and able(account, one).one_off_start for one, account in accounts.items())


def secrets_of(session: Session) -> dict[str, str]:
    """What the donor has typed; 409 `gateway_busy` while no key of ours opens it."""
    try:
        return unseal(session.secrets)
    except KeyTrouble:
        raise NotNow("gateway_busy", AGAIN) from None


def fields_of(session: Session, method: str) -> tuple[ContactField, ...]:
    """What is asked: the workflow's sensitive fields first, then what the rail needs beside what is known."""
    definition = definition_of(session.workflow_version)
    fields = [one for one in definition.contact_fields if one.sensitive] if session.action == Action.SIGN_UP else []
    there = {one.role for one in fields}
    needs, refused = {role_of(one) for one in _needs(session, method)}, refused_of(session)
    for role in sorted(needs | refused):
        if role not in refused and session.given.get(role):
            continue
        if role in there:
            fields = [
                ContactField(role=one.role, required=True, sensitive=True) if one.role == role else one
                for one in fields
            ]
        else:
            # What was refused and is not needed may be left out.
            fields.append(ContactField(role=role, required=role in needs, sensitive=role in _SEALED))
    return tuple(fields)


@dataclass(frozen=True, slots=True)
class AskedBy:
    """What is asked where there is a choice of methods: by all of them, and by each one beside it. `needed`: of what
    all ask for and not all require, the methods that do, by role."""

    all: tuple[ContactField, ...]
    each: Mapping[str, tuple[ContactField, ...]]
    needed: Mapping[str, tuple[str, ...]]


def fields_by_method(session: Session, methods: Sequence[str]) -> AskedBy:
    """What each of the methods asks for."""
    fields = {method: {one.role: one for one in fields_of(session, method)} for method in methods}
    alike = [role for role in fields[methods[0]] if all(role in found for found in fields.values())]
    needed = {role: tuple(one for one in methods if fields[one][role].required) for role in alike}
    # Required of all where all require it; a method that does not is served without.
    every = [min((found[role] for found in fields.values()), key=lambda one: one.required) for role in alike]
    return AskedBy(
        tuple(every),
        {one: tuple(field for role, field in found.items() if role not in alike) for one, found in fields.items()},
        {role: by for role, by in needed.items() if 0 < len(by) < len(methods)},
    )


def role_of(name: str) -> str:
    """What rails and ports call a thing of the donor's, as forms ask for it."""
    return {"msisdn": "phone", "postcode": "post_code"}.get(name, name)


def refused_of(session: Session) -> frozenset[str]:
    """The roles whose values the rail has refused, and which are to be said again."""
    return frozenset(session.snapshot.get("refused", ()))


def _needs(session: Session, method: str) -> frozenset[str]:
    account = account_for(merchant_id=session.merchant_id, method=method) if method else None
    return able(account, method).needs if account is not None else frozenset()


# --- on the caller's own screen -------------------------------------------------------------------


def pay_here(session: Session) -> tuple[GatewayAccount, str]:
    """The account and the method by which it can be completed on the caller's own screen: its rail asks nothing of the
    donor's device, no terms are to be read, and nothing is missing. In the sandbox always, where there is no donor:
    what its rails ask of one it has itself.

    409 `wrong_state`, `no_payment_account`, `needs_device`, `gateway_busy`; Invalid with what is missing.
    """
    if session.status != Status.NEW:
        raise Conflict("wrong_state", N_("Only a new session can begin at the gateway."), [Status.NEW])
    allowed = methods_of(session)
    method = session.payment_method or (allowed[0] if len(allowed) == 1 else "")
    account = account_for(merchant_id=session.merchant_id, method=method) if method in allowed else None
    if account is None:
        raise Conflict("no_payment_account", N_("There is no payment account for this method."))
    sandbox = account.kind == "sandbox"
    alone = not sandbox and (
        able(account, method).needs_device or bool(definition_of(session.workflow_version).terms.text)
    )
    if not may_submit_payment(session.action, needs_device=alone):
        raise Conflict("needs_device", N_("The donor must approve this on a device of their own: send the link."))
    if not sandbox:
        _require(session, method)
    return account, method


def may_pay_here(session: Session) -> bool:
    """Whether `pay_here` has an answer."""
    try:
        pay_here(session)
    except (Conflict, Invalid):
        return False
    return True


def _require(session: Session, method: str) -> None:
    """What the donor would be asked on their own page must be there."""
    there = secrets_of(session)
    refused = refused_of(session)
    asked = [one for one in fields_of(session, method) if one.required]
    missing = [one.role for one in asked if one.role in refused or not there.get(one.role)]
    if missing:
        raise Invalid([Fault(("contact", role), "required", N_("This needs a value.")) for role in missing])
