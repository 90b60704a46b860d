"""What is bounded: how often links are sent, and to whom; what is kept of an agreement; whose locks are held."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from ringround.http.models import IdempotencyKey
from ringround.kernel.errors import Conflict, Forbidden, Invalid, TooMany
from ringround.onboarding import actions, queries
from ringround.onboarding.actions.gateways import gateway_create
from ringround.onboarding.actions.sessions import link
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import MandateRef
from ringround.onboarding.models import GatewayAccount, Session, Subscription
from tests.integration.http.calling import Caller, token_for
from tests.integration.onboarding import workflows
from tests.integration.onboarding.rail import Rail
from tests.integration.onboarding.scene import PERSON, Scene
from tests.integration.onboarding.workflows import UPGRADE

if TYPE_CHECKING:
    from tests.integration.campaigns.rig import Rig

pytestmark = pytest.mark.django_db


def send(scene: Scene, session: Session, **more: Any) -> None:
    actions.session_send_link(actor=scene.agent, session_id=session.id, **{"channel": "sms", **more})


# --- links ----------------------------------------------------------------------------------------


def test_one_number_gets_no_more_links_in_a_day_whatever_sessions_they_are_of(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "MOST_TO_ONE", 2)
    made = [scene.submit(external_lead_id=f"crm-{number}") for number in range(3)]
    for session in made[:2]:
        send(scene, session)
    with pytest.raises(TooMany):
        send(scene, made[2])
    assert scene.stands(made[2]) == ("New", "submitted")
    send(scene, made[2], to="28 12 34 56")


def test_one_agent_sends_so_many_links_in_an_hour(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "MOST_BY_ONE", 2)
    made = [scene.submit(external_lead_id=f"crm-{number}") for number in range(3)]
    for number, session in enumerate(made[:2]):
        send(scene, session, to=f"+45281234{number:02}")
    with pytest.raises(TooMany):
        send(scene, made[2], to="+4528123499")
    # A system that sends for all of its agents is bounded as all calls of its token are.
    call = Caller(token_for(scene.agent))
    answer = call("POST", f"/sessions/{made[2].id}/send-link", {"channel": "sms", "to": "+4528123499"})
    assert answer.status_code == 200


@pytest.mark.parametrize("to", ["nobody", "a b@example.org", "@"])
def test_a_link_goes_to_no_address_that_is_none(scene: Scene, to: str) -> None:
    scene.transport("email")
    session = scene.submit()
    with pytest.raises(Invalid) as refused:
        send(scene, session, channel="email", to=to)
    assert [(one.loc, one.code) for one in refused.value.errors] == [(("to",), "bad_email")]
    assert scene.stands(session) == ("New", "submitted")


# --- payment accounts -----------------------------------------------------------------------------


def test_an_agency_makes_no_payment_account(agency_rig: Rig) -> None:
    with pytest.raises(Forbidden) as refused:
        gateway_create(actor=agency_rig.cast.agency.owner, name="Sandkasse", kind="sandbox")
    assert refused.value.code == "merchant_only"
    assert not GatewayAccount.objects.exists()


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://pay.example/1", True), ("http://pay.example/1", False), ("javascript:alert(1)", False),
        ("//pay.example/1", False), ("data:text/html,x", False),
    ],
)  # fmt: skip
def test_a_provider_sends_the_donor_to_no_address_that_is_not_safe(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, url: str, kept: bool
) -> None:
    rail = Rail()
    rail.on["begin_mandate"] = lambda key, asked: MandateRef(ref="m-1", redirect_url=url)
    monkeypatch.setitem(DRAWERS, "sandbox", rail)
    session = scene.submit()
    at = f"/a/{scene.link(session)}"
    client = Client()
    answer = client.post(at)
    assert (answer.status_code, scene.see(session).gateway_ref) == (303, "m-1")
    assert scene.see(session).redirect_url == (url if kept else "")
    page = client.get(answer["Location"]).content.decode()
    assert (f'href="{url}"' in page) == kept


# --- the address of a form ------------------------------------------------------------------------


@pytest.mark.parametrize("known", [True, False])
def test_more_than_an_address_can_carry_is_said_at_once(scene: Scene, known: bool) -> None:
    client = Client()
    if known:
        client.force_login(scene.agent.user)
    given = {"campaignGuid": str(scene.campaign.id), "externalLeadId": "crm-1"}
    long = {f"pre_meta_{number}": "ø" * 500 for number in range(90)}
    assert client.post("/onboard", {**given, **long}).status_code == 413
    assert client.post("/onboard", given).status_code in (302, 303)


# --- whose agreement ------------------------------------------------------------------------------


def changing(scene: Scene) -> Subscription:
    """An agreement, and the scene with a campaign on which such are changed."""
    scene.at_gateway()
    scene.settle(seconds=1)
    made = workflows.make(scene.merchant.manager, name="Opgradering", definition=UPGRADE)
    scene.campaign = scene.rig.campaign(workflow=str(made.id))
    return Subscription.objects.get()


def change(scene: Scene, **more: Any) -> Session:
    return scene.submit(
        action="change_amount", params={"amount": 20000}, product=None, contact={}, agreement={}, payment_method=None,
        **more,
    )  # fmt: skip


def test_an_agreement_is_not_changed_on_another_persons_lead(scene: Scene) -> None:
    subscription = changing(scene)
    lead_id = scene.rig.lead(scene.campaign)
    with pytest.raises(Conflict) as refused:
        change(scene, subscription_id=subscription.id, lead_id=lead_id)
    assert refused.value.code == "other_contact"
    subscription.refresh_from_db()
    assert (subscription.amount, subscription.version) == (10000, 1)


def test_a_session_goes_on_showing_the_agreement_as_it_was(scene: Scene) -> None:
    subscription = changing(scene)
    lead_id = scene.rig.lead(scene.campaign, contact=subscription.agreement.contact_id)
    session = change(scene, subscription_id=subscription.id, lead_id=lead_id)
    Subscription.objects.update(amount=77700, state="inactive", ended_reason="cancelled", next_due_on=None)
    shown = queries.agreement_shown(queries.session_get(actor=scene.agent, session_id=session.id))
    assert (shown["amount"], shown["state"]) == (10000, "active")


# --- locks ----------------------------------------------------------------------------------------


def test_the_lists_lock_is_let_go_before_the_session_is_written(scene: Scene) -> None:
    with CaptureQueriesContext(connection) as asked:
        scene.submit()
    opened: list[str] = []
    held: list[str] | None = None
    for one in asked.captured_queries:
        sql = one["sql"]
        if sql.startswith("SAVEPOINT"):
            opened.append(sql.split()[-1])
        elif sql.startswith("RELEASE SAVEPOINT"):
            opened.remove(sql.split()[-1])
        elif "contacts_list" in sql.replace('"', "") and "FOR NO KEY UPDATE" in sql:
            held = list(opened)
        elif 'INSERT INTO "onboarding_session"' in sql:
            break
    assert held
    assert held[0] not in opened


def test_who_asks_again_after_a_crash_gets_the_session_that_was_begun(scene: Scene) -> None:
    call = Caller(token_for(scene.agent))
    body = {
        "campaign": str(scene.campaign.id), "external_lead_id": "crm-1", "product": "fast", "contact": PERSON,
        "agreement": {"amount": 10000, "currency": "DKK", "schedule": "monthly"}, "payment_method": "card",
    }  # fmt: skip
    first = call("POST", "/sessions", body, Idempotency_Key="k")
    # As its process would leave it that was killed before the answer was kept.
    IdempotencyKey.objects.all().delete()
    again = call("POST", "/sessions", body, Idempotency_Key="k")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    assert Session.objects.count() == 1
