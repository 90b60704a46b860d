"""What this room holds of a merchant goes at the end of the work for it. Accounting stays: that something was agreed,
how much was collected and when; by no name, number or text.

1. Nothing is begun any more (`gateways_switch_off`). 2. What is under way ends by the ordinary way, which calls charges
back and stops mandates, and providers are told (`merchant_end`, again and again). 3. What is left is emptied
(`onboarding_forget`): by then nobody needs the keys to the payment accounts any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from ringround.infra import clock
from ringround.infra.unit import action, unit
from ringround.kernel.errors import NotNow
from ringround.onboarding.actions.agreements.changes import subscription_end
from ringround.onboarding.actions.agreements.collecting import OPEN
from ringround.onboarding.actions.agreements.store import subscription_lock
from ringround.onboarding.actions.orders import PATIENCE, order_anew
from ringround.onboarding.actions.sessions import store
from ringround.onboarding.actions.sessions.acts import end
from ringround.onboarding.models import (
    Agreement,
    ApprovalLink,
    Charge,
    GatewayAccount,
    GatewayEvent,
    GatewayOrder,
    Mandate,
    OnboardingSettings,
    Refund,
    SandboxOrder,
    Session,
    Subscription,
    Workflow,
    WorkflowVersion,
)
from ringround.onboarding.rules.session import LIVE, Command
from ringround.orgs import queries as orgs

CLOSED = "closed"
_LIVE = [one.value for one in LIVE]
_STANDING = ["pending", "active", "on_hold"]
# So long after its day the rail's word on a charge may still come.
_WORD = timedelta(days=5)
# So much longer than any order is tried it is waited for all of them.
_GIVEN_UP = PATIENCE + timedelta(days=1)
# What could not be told is listed as far as somebody may read it.
MOST_LISTED = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How far a merchant's payments have ended. `waiting`: how much providers are still to be told, or to tell us; 0:
    all is over. `untold`: then, how much stands at providers that they could not be told of; `listed`: the first of
    it, {"what", "kind", "account", "ref"}, by the provider's own reference, for people to end there."""

    waiting: int
    untold: int = 0
    listed: tuple[dict[str, str], ...] = ()


def gateways_switch_off(*, org_id: UUID) -> int:
    """Nothing is begun by a merchant's payment accounts any more; how many were on. What providers are still to be told
    they are told: their secrets stay until that is done. Part of the transaction in which the work for the merchant
    ends."""
    accounts = GatewayAccount.objects.filter(merchant=org_id, active=True)
    return accounts.update(active=False, updated_at=clock.real_now())


def merchant_end(*, org_id: UUID, size: int, step: Callable[[], None] = lambda: None) -> Ending:
    """End what is under way of a merchant whose work is over: sessions, subscriptions, mandates. Each in a transaction
    of its own, and gateways are called between them; `step` is called in between too. Safe to run again, until nothing
    waits: two weeks at the most, the patience of the orders."""
    busy: set[UUID] = set()
    for session_id, account_id in _walk(Session.objects.filter(merchant=org_id, status__in=_LIVE), "account_id", size):
        # An account that is away is not asked about each of its sessions.
        if account_id not in busy:
            try:
                end(session_id, reason=CLOSED, actor=None)
            except NotNow:
                busy |= {account_id} - {None}
        step()
    standing = Subscription.objects.filter(merchant=org_id, state__in=_STANDING)
    for subscription_id, _ in _walk(standing, "state", size):
        with unit():
            subscription_end(subscription_lock(subscription_id), reason=CLOSED, now=clock.now())
        step()
    # Also those that were to be stopped once, and were not.
    left = Mandate.objects.filter(merchant=org_id, state__in=["pending", "active"])
    for mandate_id, account_id in _walk(left, "account_id", size):
        with unit():
            _mandate_stop(mandate_id, account_id)
        step()
    waiting = _waiting(org_id)
    if waiting and clock.real_now() - _closing_at(org_id) <= _GIVEN_UP:
        return Ending(waiting=waiting)
    listed = list(_untold(org_id))
    return Ending(waiting=0, untold=len(listed), listed=tuple(listed[:MOST_LISTED]))


def _mandate_stop(mandate_id: UUID, account_id: UUID) -> None:
    Mandate.objects.select_for_update(no_key=True).get(id=mandate_id)
    if not GatewayOrder.objects.filter(subject_id=mandate_id, what="cancel_mandate", data__closing=True).exists():
        order_anew(
            account_id=account_id, what="cancel_mandate", subject_id=mandate_id, lane_id=mandate_id, at=clock.now(),
            data={"closing": True},
        )  # fmt: skip


def _closing_at(org_id: UUID) -> datetime:
    return orgs.organisation_get(organisation_id=org_id).closing_at or clock.real_now()


def _waiting(org_id: UUID) -> int:
    """What providers are still to be told, and what they have yet to say of what they have."""
    accounts = list(GatewayAccount.objects.filter(merchant=org_id).values_list("id", flat=True))
    orders = GatewayOrder.objects.filter(account__in=accounts, state="pending").exclude(what="look")
    sessions = Session.objects.filter(merchant=org_id).filter(Q(status__in=_LIVE) | Q(look_at__isnull=False))
    since = (clock.now() - _WORD).date()
    taken = Charge.objects.filter(merchant=org_id, state="submitted", due_on__gte=since)
    return orders.count() + sessions.count() + taken.count()


def _untold(org_id: UUID) -> Iterator[dict[str, str]]:
    """What may still stand at providers."""
    names = {one.id: one for one in GatewayAccount.objects.filter(merchant=org_id)}

    def line(what: str, account_id: UUID | None, ref: str) -> dict[str, str]:
        account = names.get(account_id) if account_id is not None else None
        kind, name = (account.kind, account.name) if account is not None else ("", "")
        return {"what": what, "kind": kind, "account": name, "ref": ref}

    mandates = Mandate.objects.filter(merchant=org_id, state__in=["pending", "active"]).order_by("id")
    for account_id, ref in mandates.values_list("account_id", "ref"):
        yield line("mandate", account_id, ref)
    charges = Charge.objects.filter(merchant=org_id, state__in=OPEN).order_by("id")
    for account_id, ref, charge_id in charges.values_list("account_id", "ref", "id"):
        yield line("charge", account_id, ref or charge_id.hex)
    since = _closing_at(org_id)
    refunds = Refund.objects.filter(charge__merchant=org_id).filter(
        Q(state="ordered") | Q(state="failed", ended_at__gte=since)
    )
    for account_id, ref in refunds.order_by("id").values_list("charge__account_id", "charge__ref"):
        yield line("refund", account_id, ref)
    sessions = Session.objects.filter(merchant=org_id).exclude(gateway_ref="")
    for account_id, ref in (
        sessions.filter(Q(status__in=_LIVE) | Q(snapshot__unwanted=True)).order_by("id")
        .values_list("account_id", "gateway_ref")
    ):  # fmt: skip
        yield line("session", account_id, ref)


def _walk(found: QuerySet[Any], field: str, size: int) -> Iterator[tuple[UUID, Any]]:
    """(id, field) of all rows, `size` at a time."""
    after: UUID | None = None
    while True:
        page = found if after is None else found.filter(id__gt=after)
        rows = list(page.order_by("id").values_list("id", field)[:size])
        yield from rows
        if not rows:
            return
        after = rows[-1][0]


def onboarding_forget(*, org_id: UUID, size: int) -> None:
    """Empty a merchant's sessions and agreements, `size` a transaction, and put its workflows away, once all has ended
    (`merchant_end`). Safe to run again. States, amounts and dates stay."""
    gateways_switch_off(org_id=org_id)
    accounts = GatewayAccount.objects.filter(merchant=org_id)
    accounts.update(secrets="", webhook_secrets="", updated_at=clock.real_now())
    # In the order of locks. Each takes what is not emptied yet.
    for step in (_sessions, _subscriptions, _mandates, _charges, _agreements):
        after: UUID | None = None
        while (after := step(org_id, after, size)) is not None:
            pass
    ids = list(accounts.values_list("id", flat=True))
    for kind in (GatewayEvent, GatewayOrder, SandboxOrder):
        while _delete(kind.objects.filter(account__in=ids), size):
            pass
    with transaction.atomic():
        accounts.update(name="", settings={}, fault="")
        OnboardingSettings.objects.filter(merchant=org_id).delete()
        # What they ask people, and say to them, goes with what they were written for.
        WorkflowVersion.objects.filter(workflow__merchant=org_id).update(definition={})
        now = clock.now()
        Workflow.objects.filter(merchant=org_id, archived_at=None).update(archived_at=now, updated_at=now)


@transaction.atomic
def _delete(found: QuerySet[Any], size: int) -> bool:
    ids = list(found.values_list("id", flat=True)[:size])
    found.filter(id__in=ids).delete()
    return bool(ids)


def _next(found: QuerySet[Any], after: UUID | None, size: int) -> list[UUID]:
    """The next rows behind `after`, locked."""
    found = found if after is None else found.filter(id__gt=after)
    return list(found.select_for_update(no_key=True).order_by("id").values_list("id", flat=True)[:size])


@action
def _sessions(org_id: UUID, after: UUID | None, size: int) -> UUID | None:
    ids = _next(Session.objects.filter(merchant=org_id), after, size)
    found = Session.objects.filter(id__in=ids)
    # Those whose gateway could not be asked to end them.
    for one in list(found.filter(status__in=_LIVE).order_by("id").values_list("id", flat=True)):
        session = store.lock(one)
        assert session is not None
        store.move(session, Command.REJECT, now=clock.now(), reason=CLOSED)
    found.update(
        contact=None, external_lead_id="", detail="", form_key=None, given={}, secrets="", agreed={}, params={},
        metadata={}, snapshot={}, gateway_ref="", redirect_url="", beginning_at=None, look_at=None,
    )  # fmt: skip
    ApprovalLink.objects.filter(session__in=ids).delete()
    return ids[-1] if ids else None


@transaction.atomic
def _subscriptions(org_id: UUID, after: UUID | None, size: int) -> UUID | None:
    ids = _next(Subscription.objects.filter(merchant=org_id), after, size)
    found = Subscription.objects.filter(id__in=ids)
    found.filter(state__in=_STANDING).update(state="inactive", ended_reason=CLOSED, ended_at=clock.now())
    found.update(hold=None, held_until=None, next_due_on=None, schedule_on=None, ended_note="")
    return ids[-1] if ids else None


@transaction.atomic
def _mandates(org_id: UUID, after: UUID | None, size: int) -> UUID | None:
    ids = _next(Mandate.objects.filter(merchant=org_id), after, size)
    found = Mandate.objects.filter(id__in=ids)
    found.filter(state__in=["pending", "active"]).update(state="stopped", reason=CLOSED, ended_at=clock.now())
    # By its own id it is still the only one of its account.
    found.update(masked="", ref=Cast("id", TextField()))
    return ids[-1] if ids else None


@transaction.atomic
def _charges(org_id: UUID, after: UUID | None, size: int) -> UUID | None:
    ids = _next(Charge.objects.filter(merchant=org_id), after, size)
    found = Charge.objects.filter(id__in=ids)
    found.filter(state="scheduled").update(state="cancelled", reason=CLOSED, ended_at=clock.now())
    # What became of those that are at the provider nobody can ask any more.
    found.update(retry_on=None, ref="")
    Refund.objects.filter(charge__in=ids).exclude(reason="").update(reason="")
    return ids[-1] if ids else None


@transaction.atomic
def _agreements(org_id: UUID, after: UUID | None, size: int) -> UUID | None:
    ids = _next(Agreement.objects.filter(merchant=org_id), after, size)
    Agreement.objects.filter(id__in=ids).update(contact=None, description="", metadata={})
    return ids[-1] if ids else None
