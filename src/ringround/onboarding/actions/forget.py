"""What goes with a person, and with time: personal values of sessions. What the law wants of accounting stays."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import TextField
from django.db.models.functions import Cast, Coalesce

from ringround.infra import clock, sql
from ringround.infra.unit import action
from ringround.kernel.ids import least_id
from ringround.onboarding.actions.agreements.changes import subscription_end
from ringround.onboarding.actions.agreements.store import subscription_lock
from ringround.onboarding.actions.sessions import store
from ringround.onboarding.models import Agreement, OnboardingSettings, Session, Subscription
from ringround.onboarding.queries.pending import STANDING
from ringround.onboarding.rules.session import LIVE, Command

ERASED = "erased"
BATCH = 500
# Who expired may still be accepted; later than this no rail says so.
LATE = timedelta(days=14)
# So long what providers have told us, and were told, is kept; of the sandbox's own memory longer, for it is the bank.
KEPT = timedelta(days=90)
SANDBOX_KEPT = timedelta(days=400)


@action
def contacts_erase(*, contact_ids: Iterable[UUID]) -> int:
    """Empty the sessions of contacts that were erased, and take what is personal from their agreements and from what
    providers said of them: amounts, dates and what was collected stay. How many sessions. Safe to run again.

    What is under way ends before: nobody is collected from of whom it is not known who they are. Who has signed in the
    moment of the erasing is not collected from either.
    """
    ids, now = list(contact_ids), clock.now()
    sessions = Session.objects.filter(contact__in=ids)
    locked = list(sessions.select_for_update(no_key=True).order_by("id").values_list("id", flat=True))
    agreements = list(Agreement.objects.filter(contact__in=ids).values_list("id", flat=True))
    theirs = Subscription.objects.filter(agreement__in=agreements)
    for one in theirs.filter(state__in=STANDING).order_by("id").values_list("id", flat=True):
        subscription_end(subscription_lock(one), reason=ERASED, now=now)
    # A mandate that its payer brings back brings back nothing.
    theirs.update(next_due_on=None, schedule_on=None, ended_note="")
    live = sessions.filter(status__in=[one.value for one in LIVE])
    for one in list(live.order_by("id").values_list("id", flat=True)):
        _session_end(one, now)
    sql.run("onboarding", "traces_erase", sessions=locked, agreements=agreements)
    sql.run("onboarding", "sessions_empty", ids=locked)
    # A person's attempts still belong together, and to nobody else's.
    nobody = Cast(Coalesce("lead", "id"), TextField())
    Session.objects.filter(id__in=locked).update(contact=None, external_lead_id=nobody)
    # Who expired may be accepted late: nothing comes of that any more.
    sql.run("onboarding", "sessions_erased", ids=locked)
    Agreement.objects.filter(id__in=agreements).update(contact=None, metadata={})
    return len(locked)


def _session_end(session_id: UUID, now: datetime) -> None:
    """End a session of somebody who is erased; what stands at its gateway is called back there by the tick."""
    session = store.lock(session_id)
    assert session is not None
    store.move(session, Command.REJECT, now=now, reason=ERASED)
    if session.gateway_ref:
        session.snapshot = {**session.snapshot, "unwanted": True, "unwanted_since": now.isoformat()}
        session.look_at = now
        session.save(update_fields=["snapshot", "look_at"])


def sessions_forget(*, now: datetime) -> bool:
    """Empty sessions, and notes of why a subscription was ended, that are older than their merchant keeps them, and
    what only a late acceptance would need; whether more waits."""
    done = _late(now - LATE)
    for row in OnboardingSettings.objects.filter(keep_days__isnull=False).order_by("merchant_id"):
        assert row.keep_days is not None
        before = now - timedelta(days=row.keep_days)
        done = max(done, _forget(row.merchant_id, before), _unnote(row.merchant_id, before))
    return done >= BATCH


@action
def _late(before: datetime) -> int:
    over = Session.objects.filter(status="Expired", ended_at__lt=before).exclude(secrets="")
    locked = list(
        over.select_for_update(no_key=True, skip_locked=True).order_by("ended_at").values_list("id", flat=True)[:BATCH]
    )
    Session.objects.filter(id__in=locked).update(secrets="")
    return len(locked)


@action
def _forget(merchant_id: UUID, before: datetime) -> int:
    over = Session.objects.filter(merchant=merchant_id, ended_at__lt=before)
    over = over.exclude(given={}, secrets="", metadata={}, params={})
    locked = list(
        over.select_for_update(no_key=True, skip_locked=True).order_by("ended_at").values_list("id", flat=True)[:BATCH]
    )
    sql.run("onboarding", "sessions_empty", ids=locked)
    return len(locked)


@action
def _unnote(merchant_id: UUID, before: datetime) -> int:
    over = Subscription.objects.filter(merchant=merchant_id, ended_at__lt=before).exclude(ended_note="")
    locked = list(
        over.select_for_update(no_key=True, skip_locked=True).order_by("ended_at").values_list("id", flat=True)[:BATCH]
    )
    Subscription.objects.filter(id__in=locked).update(ended_note="")
    return len(locked)


def traffic_forget(*, now: datetime) -> bool:
    """Delete what providers told us, and were told, long after it was done; whether more waits."""
    real, gone = clock.real_now(), 0
    for name, kept in (("events_old", KEPT), ("orders_old", KEPT), ("sandbox_old", SANDBOX_KEPT)):
        # By ids too, which are made in the order of real time: what is younger is not even looked at.
        gone = max(gone, _delete(name, now - kept, least_id(real - kept)))
    return gone >= BATCH


@action
def _delete(name: str, before: datetime, below: UUID) -> int:
    return len(sql.rows("onboarding", name, before=before, below=below, limit=BATCH))
