"""The demo's week of sessions, played as `ringround demo` plays it, without the rest of the week."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ringround.config.demo import cast as casting
from ringround.config.demo.letters import Letters
from ringround.config.demo.signing import Signing
from ringround.infra import clock
from ringround.onboarding.actions import sessions_ask, sessions_due
from ringround.onboarding.models import Session, Subscription

pytestmark = pytest.mark.django_db


def test_the_demos_week_has_a_session_of_each_kind() -> None:
    now = clock.now()
    begin = (now - timedelta(days=8)).replace(minute=0, second=0, microsecond=0)
    with clock.frozen(begin - timedelta(hours=6)):
        cast = casting.make()
    with clock.frozen(begin - timedelta(hours=2)):
        Letters(cast, 20)
        signing = Signing(cast, begin)
    for day in range(1, 9):
        moment = min(now, begin + timedelta(days=day))
        signing.until(moment)
        with clock.frozen(moment):
            sessions_due(now=moment)
            sessions_ask(now=moment)
            signing.hear()
    signing.until(now)

    ended = set(Session.objects.values_list("intention", "status"))
    statuses = {"New", "Processing", "Complete", "Rejected", "Failed", "Expired"}
    assert ended == {(intention, status) for intention in ("signup", "upgrade") for status in statuses}
    done = set(Session.objects.filter(status="Complete").values_list("action", flat=True))
    assert done >= {"sign_up", "pause", "change_payment_method", "change_amount", "cancel", "restart", "set_expiry"}
    assert Session.objects.filter(action="pause", status="Failed").exists()
    assert set(Session.objects.values_list("payment_type", flat=True)) == {"recurring", "single"}
    assert Session.objects.exclude(agency=cast.magazine.owner.organisation).filter(
        merchant=cast.magazine.owner.organisation
    )
    assert set(Subscription.objects.values_list("state", flat=True)) >= {"active", "on_hold", "inactive"}
