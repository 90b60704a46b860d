"""Each fate of the sandbox by itself, from the submitted form to its end: what the session comes to, and what there is
because of it."""

from __future__ import annotations

from typing import Any

import pytest

from ringround.infra import clock
from ringround.onboarding.models import Agreement, Charge, GatewayEvent, Mandate, SandboxOrder, Session, Subscription
from tests.integration.onboarding import workflows
from tests.integration.onboarding.agreed import Round
from tests.integration.onboarding.scene import Scene
from tests.integration.onboarding.workflows import UPGRADE

ENDS = {"completed", "rejected", "failed", "expired"}


def by_itself(scene: Scene, session: Session) -> list[str]:
    """Time passes until nothing more comes of it; by which ends the session has ended."""
    # A second after its link has ended it is looked at, and a minute later the last one says yes.
    for by in ({"seconds": 1}, {"minutes": 2}, {"days": 2, "minutes": -2}, {"minutes": 2}):
        scene.settle(**by)
        scene.due()
    said = [one.removeprefix("onboarding.session.") for one in scene.told(session.id)]
    assert said == [one for one in scene.log(session) if one in {*ENDS, "created", "processing"}]
    return [one for one in said if one in ENDS]


@pytest.mark.parametrize(
    ("fate", "ends"),
    [
        (0, ["completed"]), (1, ["rejected"]), (2, ["failed"]), (3, ["expired"]), (4, ["completed"]),
        (5, ["completed"]), (6, ["expired", "completed"]), (7, ["completed"]), (8, ["completed"]),
        (9, ["completed"]), (10, ["completed"]), (11, ["completed"]),
    ],
)  # fmt: skip
def test_a_mandates_fate_is_its_sessions_end(scene: Scene, fate: int, ends: list[str]) -> None:
    session = scene.at_gateway(agreement={"amount": 10000 + fate, "currency": "DKK", "schedule": "monthly"})
    assert by_itself(scene, session) == ends
    row = scene.see(session)
    won = ends[-1] == "completed"
    assert (row.status, row.late) == (ends[-1].capitalize().replace("Completed", "Complete"), len(ends) > 1)
    assert (Agreement.objects.count(), Subscription.objects.count(), Mandate.objects.count()) == (won, won, won)
    assert (scene.lead(session).status == "success") is won
    # The bank has it as we have.
    there = SandboxOrder.objects.filter(what="mandate", state__in=["pending", "active"])
    assert there.count() == won
    assert GatewayEvent.objects.filter(kind="mandate.active", state="applied").count() == (won and fate not in (9, 10))
    if won:
        assert Mandate.objects.get().ref == row.gateway_ref != ""


def test_whose_first_charge_fails_stays_and_is_asked_again_by_the_plan(scene: Scene) -> None:
    session = scene.at_gateway(agreement={"amount": 10005, "currency": "DKK", "schedule": "monthly"})
    scene.settle(seconds=1)
    Round().all()
    clock.advance(Charge.objects.get().due_on - clock.now().date())
    scene.settle(hours=8)
    assert scene.stands(session)[0] == "Complete"
    failed = Charge.objects.get()
    assert (failed.state, failed.reason, failed.retry_on is not None) == ("failed", "insufficient_funds", True)
    assert Subscription.objects.get().state == "active"


def test_whoever_stops_it_at_the_bank_has_no_agreement_any_more(scene: Scene) -> None:
    session = scene.at_gateway(agreement={"amount": 10011, "currency": "DKK", "schedule": "monthly"})
    assert by_itself(scene, session) == ["completed"]
    scene.settle(days=30)
    assert (Subscription.objects.get().state, Mandate.objects.get().state) == ("inactive", "stopped")
    assert scene.stands(session)[0] == "Complete"


@pytest.mark.parametrize(
    ("fate", "ends", "charges"),
    [
        (0, "completed", ["charged"]), (1, "rejected", []), (2, "failed", []), (3, "expired", []),
        # It was reserved, and then could not be taken.
        (5, "completed", ["failed"]),
        (7, "completed", ["charged"]), (9, "completed", ["charged"]),
    ],
)  # fmt: skip
def test_a_single_payments_fate_is_its_sessions_end(scene: Scene, fate: int, ends: str, charges: list[str]) -> None:
    session = scene.at_gateway(product="once", agreement={"amount": 10000 + fate, "currency": "DKK"})
    assert by_itself(scene, session) == [ends]
    assert list(Charge.objects.values_list("state", flat=True)) == charges
    assert SandboxOrder.objects.filter(what="payment", state="charged").count() == charges.count("charged")


def test_a_single_payment_that_is_fetched_back_is_a_charge_that_failed(scene: Scene) -> None:
    session = scene.at_gateway(product="once", agreement={"amount": 10011, "currency": "DKK"})
    assert by_itself(scene, session) == ["completed"]
    scene.settle(days=30)
    assert Charge.objects.get().state == "failed"
    assert scene.stands(session)[0] == "Complete"


@pytest.mark.parametrize("fate", ["01", "02", "03"])
def test_another_payment_method_that_comes_to_nothing_leaves_the_subscription_as_it_was(
    scene: Scene, fate: str
) -> None:
    scene.at_gateway()
    scene.settle(seconds=1)
    before = Subscription.objects.values().get()
    made = workflows.make(scene.merchant.manager, name="Opgradering", definition=UPGRADE)
    scene.campaign = scene.rig.campaign(workflow=str(made.id))
    asked: dict[str, Any] = {
        "action": "change_payment_method", "subscription_id": before["id"], "params": {"method": "card"},
        "external_lead_id": None, "product": None, "contact": {}, "agreement": {}, "payment_method": None,
    }  # fmt: skip
    session = scene.at_gateway(**asked, metadata={"sandbox_fate": fate})
    assert by_itself(scene, session) == [{"01": "rejected", "02": "failed", "03": "expired"}[fate]]
    assert Subscription.objects.values().get() == before
    assert Mandate.objects.get().state == "active"
