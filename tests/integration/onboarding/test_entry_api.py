"""What a link to the form says, submitted by a program: as an agent who opens it and changes nothing."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from ringround.onboarding import sealing
from ringround.onboarding.accounts import unseal
from ringround.onboarding.models import Session
from ringround.onboarding.rules.entry import Entry
from ringround.orgs.actor import Actor
from tests import factories
from tests.integration.http.calling import Caller, token_for
from tests.integration.onboarding.scene import Scene

pytestmark = pytest.mark.django_db
PATH = "/sessions/by-entry"
SAID = {
    "pre_firstName": "Åse", "pre_msisdn": "4520123456", "pre_amount": "150", "pre_scheduleType": "Quarterly",
    "pre_paymentMethodType": "Card", "pre_nationalId": "2110625629", "pre_meta_segment": "Guld", "sizzle": "1",
}  # fmt: skip


def api(actor: Actor) -> Caller:
    return Caller(token_for(actor))


def token(scene: Scene, **more: str) -> str:
    """As another system gets it: it posts, and is led to an address with it, behind signing in."""
    given = {"campaignGuid": str(scene.campaign.id), "externalLeadId": "crm-1", **more}
    answer = Client().post("/onboard", {name: value for name, value in given.items() if value})
    (onward,) = parse_qs(urlsplit(answer["Location"]).query)["next"]
    return parse_qs(urlsplit(onward).query)["t"][0]


def test_a_link_is_submitted_as_its_form_would_be(scene: Scene) -> None:
    answer = api(scene.agent)("POST", PATH, {"token": token(scene, **SAID)})
    assert answer.status_code == 201, answer.json()
    session = Session.objects.get()
    assert str(session.id) == answer.json()["id"]
    assert (session.external_lead_id, session.given["first_name"], session.given["phone"]) == (
        "crm-1", "Åse", "+4520123456"
    )  # fmt: skip
    assert (session.agreed["amount"], session.agreed["schedule"], session.payment_method) == (
        15000, "quarterly", "card"
    )  # fmt: skip
    assert session.metadata == {"segment": "Guld"}
    assert unseal(session.secrets) == {"national_id": "2110625629"}
    assert "2110625629" not in answer.content.decode()


def test_what_is_said_beside_it_goes_first(scene: Scene) -> None:
    said = {"contact": {"first_name": "Bo"}, "agreement": {"amount": 20000}, "payment_method": "mobile"}
    answer = api(scene.agent)("POST", PATH, {"token": token(scene, **SAID), **said})
    assert answer.status_code == 201, answer.json()
    session = Session.objects.get()
    assert (session.given["first_name"], session.given["phone"]) == ("Bo", "+4520123456")
    assert (session.agreed["amount"], session.agreed["schedule"], session.payment_method) == (
        20000, "quarterly", "mobile"
    )  # fmt: skip


def test_another_product_brings_its_own_terms(scene: Scene) -> None:
    said = {"product": "once", "agreement": {"amount": 50000}}
    answer = api(scene.agent)("POST", PATH, {"token": token(scene, **SAID), **said})
    assert answer.status_code == 201, answer.json()
    assert (Session.objects.get().payment_type, Session.objects.get().agreed["schedule"]) == ("single", "single")


def test_with_the_same_key_it_is_one_session(scene: Scene) -> None:
    call, body = api(scene.agent), {"token": token(scene, **SAID)}
    answers = [call("POST", PATH, body, Idempotency_Key="k").json()["id"] for _ in range(2)]
    assert answers[0] == answers[1]
    assert Session.objects.count() == 1


@pytest.mark.parametrize("gone", ["campaignGuid", "externalLeadId"])
def test_a_link_that_lacks_an_id_says_which(scene: Scene, gone: str) -> None:
    answer = api(scene.agent)("POST", PATH, {"token": token(scene, **{**SAID, gone: ""})})
    assert (answer.status_code, answer.json()["code"]) == (422, "required")
    assert [one["loc"] for one in answer.json()["errors"]] == [["body", "token", gone]]
    assert not Session.objects.exists()


def of_another_purpose(scene: Scene) -> str:
    entry = Entry(campaign=str(scene.campaign.id), external_lead_id="crm-1")
    return sealing.entry_seal(entry, purpose=sealing.FORM, of=str(scene.agent.user_id))


def over(scene: Scene) -> str:
    entry = Entry(campaign=str(scene.campaign.id), external_lead_id="crm-1")
    return sealing.seal(sealing.LINK, {"entry": entry.to_json(), "notes": []}, ttl_s=-1)


@pytest.mark.parametrize("made", [of_another_purpose, over, lambda scene: "nonsense", lambda scene: "é"])
def test_a_token_that_is_none_or_over_is_refused(scene: Scene, made: Any) -> None:
    answer = api(scene.agent)("POST", PATH, {"token": made(scene)})
    assert (answer.status_code, answer.json()["code"]) == (409, "entry_over")
    assert not Session.objects.exists()


def test_a_link_to_anothers_campaign_is_answered_as_one_to_none(scene: Scene) -> None:
    stranger = factories.member(factories.organisation("Fremmed"), "owner")
    answer = api(stranger)("POST", PATH, {"token": token(scene, **SAID)})
    assert answer.status_code == 404
    assert not Session.objects.exists()
