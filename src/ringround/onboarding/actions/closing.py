"""What this room holds of a merchant goes at the end of the work for it. Accounting stays: that something was agreed,
how much was collected and when; by no name, number or text."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from ringround.infra import clock
from ringround.onboarding.models import (
    Agreement,
    ApprovalLink,
    Charge,
    GatewayAccount,
    GatewayEvent,
    GatewayOrder,
    Mandate,
    OnboardingSettings,
    SandboxOrder,
    Session,
    Subscription,
    Workflow,
    WorkflowVersion,
)
from ringround.onboarding.rules.session import LIVE

CLOSED = "closed"
_LIVE = [one.value for one in LIVE]


@transaction.atomic
def gateways_switch_off(*, org_id: UUID) -> int:
    """Nothing is begun or collected by a merchant's payment accounts any more; how many were on. Their secrets are
    dropped, what a provider was still to be told is not, and no link of its donors opens. Part of the transaction in
    which the work for the merchant ends."""
    rows = list(GatewayAccount.objects.select_for_update(no_key=True).filter(merchant=org_id).order_by("id"))
    on, ids, now = sum(one.active for one in rows), [one.id for one in rows], clock.now()
    GatewayAccount.objects.filter(id__in=ids).update(
        active=False, secrets="", webhook_secrets="", updated_at=clock.real_now()
    )
    GatewayOrder.objects.filter(account__in=ids, state="pending").update(state="dropped", reason=CLOSED, done_at=now)
    links = ApprovalLink.objects.filter(session__merchant=org_id, used_at=None, revoked_at=None)
    links.update(revoked_at=now)
    return on


def onboarding_forget(*, org_id: UUID, size: int) -> None:
    """Empty a merchant's sessions and agreements, `size` a transaction, and put its workflows away. Safe to run again.

    Subscriptions end, and nothing is collected any more; states, amounts and dates stay.
    """
    gateways_switch_off(org_id=org_id)
    # In the order of locks. Each takes what is not emptied yet.
    for step in (_sessions, _subscriptions, _mandates, _charges, _agreements):
        after: UUID | None = None
        while (after := step(org_id, after, size)) is not None:
            pass
    with transaction.atomic():
        accounts = GatewayAccount.objects.filter(merchant=org_id)
        for kind in (GatewayEvent, GatewayOrder, SandboxOrder):
            kind.objects.filter(account__in=accounts).delete()
        accounts.update(name="", settings={}, fault="")
        OnboardingSettings.objects.filter(merchant=org_id).delete()
        # What they ask people, and say to them, goes with what they were written for.
        WorkflowVersion.objects.filter(workflow__merchant=org_id).update(definition={})
        now = clock.now()
        Workflow.objects.filter(merchant=org_id, archived_at=None).update(archived_at=now, updated_at=now)


def _next(found: QuerySet[Any], after: UUID | None, size: int) -> list[UUID]:
    """The next rows behind `after`, locked."""
    found = found if after is None else found.filter(id__gt=after)
    return list(found.select_for_update(no_key=True).order_by("id").values_list("id", flat=True)[:size])


@transaction.atomic
def _sessions(org_id: UUID, after: UUID | None, size: int) -> UUID | None:
    ids = _next(Session.objects.filter(merchant=org_id), after, size)
    found = Session.objects.filter(id__in=ids)
    found.filter(status__in=_LIVE).update(status="Failed", phase="done", reason=CLOSED, ended_at=clock.now())
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
    found.filter(state__in=["pending", "active", "on_hold"]).update(
        state="inactive", ended_reason=CLOSED, ended_at=clock.now()
    )
    found.update(hold=None, held_until=None, next_due_on=None, schedule_on=None)
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
    return ids[-1] if ids else None


@transaction.atomic
def _agreements(org_id: UUID, after: UUID | None, size: int) -> UUID | None:
    ids = _next(Agreement.objects.filter(merchant=org_id), after, size)
    Agreement.objects.filter(id__in=ids).update(contact=None, description="", secrets="", metadata={})
    return ids[-1] if ids else None
