"""Payment accounts and the room's settings on their screens."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ringround.onboarding.actions.gateways import gateway_create
from ringround.onboarding.models import GatewayAccount, Mandate, OnboardingSettings
from tests import factories
from tests.integration.onboarding.screens import come

pytestmark = pytest.mark.django_db
LIST = "/onboarding/gateways"


@pytest.fixture
def staff() -> factories.Staff:
    return factories.cast().charity


def account(staff: factories.Staff, **more: Any) -> GatewayAccount:
    return gateway_create(actor=staff.owner, **{"name": "Sandkasse", "kind": "sandbox", **more})


def form(**more: Any) -> dict[str, Any]:
    return {"name": "Sandkasse", "priority": "100", "active": "on", **more}


def test_an_owner_makes_a_sandbox_with_all_its_methods(staff: factories.Staff) -> None:
    answer = come(staff.owner).post(f"{LIST}/new/sandbox", form(slug="proeve"))
    made = GatewayAccount.objects.get()
    assert answer["Location"] == f"{LIST}/{made.id}"
    assert made.methods == ["card", "mobile", "direct_debit"]
    page = come(staff.owner).get(f"{LIST}/{made.id}").content.decode()
    assert "/api/v1/gateways/sandbox/proeve/webhook" in page


def test_what_a_provider_needs_is_said_at_its_field_and_nothing_typed_is_lost(staff: factories.Staff) -> None:
    typed = form(
        s_client_id="abc", s_merchant_serial_number="12", s_agreement_url="ikke en adresse", k_client_secret="x"
    )
    answer = come(staff.owner).post(f"{LIST}/new/vipps", typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_s_agreement_url_error"' in page
    assert 'id="id_k_subscription_key_error"' in page
    assert 'value="abc"' in page
    assert 'value="x"' not in page


def test_a_provider_with_one_method_has_none_to_choose(staff: factories.Staff) -> None:
    client = come(staff.owner)
    assert 'name="methods"' in client.get(f"{LIST}/new/sandbox").content.decode()
    assert 'name="methods"' not in client.get(f"{LIST}/new/vipps").content.decode()
    secrets = {"client_secret": "a", "subscription_key": "b"}
    settings = {"client_id": "c", "merchant_serial_number": "1", "agreement_url": "https://example.org/min"}
    made = account(staff, kind="vipps", webhook_secret="krog", settings=settings, secrets=secrets)
    saved = form(**{f"s_{name}": value for name, value in settings.items()})
    assert client.post(f"{LIST}/{made.id}", saved).status_code == 303
    made.refresh_from_db()
    assert made.methods == ["mobile"]


def test_secrets_are_written_and_never_shown(staff: factories.Staff) -> None:
    typed = form(
        s_client_id="abc", s_merchant_serial_number="12", s_agreement_url="https://example.org/min",
        k_client_secret="meget-hemmeligt", k_subscription_key="ogsaa-hemmeligt", webhook_secret="krog-hemmeligt",
    )  # fmt: skip
    answer = come(staff.owner).post(f"{LIST}/new/vipps", typed)
    assert answer.status_code == 303, answer.content.decode()
    made = GatewayAccount.objects.get()
    page = come(staff.owner).get(f"{LIST}/{made.id}").content.decode()
    assert "hemmeligt" not in page
    assert "hemmeligt" not in made.secrets
    assert "Left empty: as it was." in page


def test_a_branding_of_a_quickpay_account_is_a_number_and_stays(staff: factories.Staff) -> None:
    made = account(staff, kind="quickpay", webhook_secret="krog", settings={"branding_id": 512_345},
                   secrets={"api_key": "a"})  # fmt: skip
    client = come(staff.owner)
    page = client.get(f"{LIST}/{made.id}").content.decode()
    assert re.search(r'name="s_branding_id"[^>]*value="512345"', page)
    for typed, kept in (("512345", 512_345), ("7", 7)):
        answer = client.post(f"{LIST}/{made.id}", form(s_branding_id=typed))
        made.refresh_from_db()
        assert (answer.status_code, made.settings["branding_id"]) == (303, kept)
    assert client.post(f"{LIST}/{made.id}", form(s_branding_id="fem")).status_code == 422


def test_a_secret_before_that_no_key_opens_is_no_fault_of_the_page(staff: factories.Staff) -> None:
    made = account(staff, kind="sandbox")
    GatewayAccount.objects.filter(id=made.id).update(webhook_secrets="of a key that is gone")
    client = come(staff.owner)
    answer = client.post(f"{LIST}/{made.id}/rotate", {"forget": "1"})
    assert (answer.status_code, answer["Location"]) == (303, f"{LIST}/{made.id}")
    page = client.get(f"{LIST}/{made.id}").content.decode()
    assert "No key of ours opens the account's secrets. Write them anew." in page


def test_a_secret_left_empty_stays_as_it_was(staff: factories.Staff) -> None:
    made = account(staff, kind="vipps", webhook_secret="krog", settings={
        "client_id": "abc", "merchant_serial_number": "12", "agreement_url": "https://example.org/min",
    }, secrets={"client_secret": "a", "subscription_key": "b"})  # fmt: skip
    before = made.secrets
    typed = form(s_client_id="ny", s_merchant_serial_number="12", s_agreement_url="https://example.org/min")
    answer = come(staff.owner).post(f"{LIST}/{made.id}", {**typed, "s_pricing": "fixed"})
    made.refresh_from_db()
    assert (answer.status_code, made.settings["client_id"], made.secrets) == (303, "ny", before)


def test_switching_off_what_collects_asks_first(staff: factories.Staff) -> None:
    made = account(staff)
    Mandate.objects.create(
        merchant=staff.org, account=made, method="card", ref="m1", state="active", created_at=made.created_at
    )
    client = come(staff.owner)
    off = {"name": "Sandkasse", "priority": "100", "methods": ["card"]}
    answer = client.post(f"{LIST}/{made.id}", off)
    made.refresh_from_db()
    assert (answer.status_code, made.active) == (422, True)
    assert 'name="anyway"' in answer.content.decode()
    client.post(f"{LIST}/{made.id}", {**off, "anyway": "on"})
    made.refresh_from_db()
    assert made.active is False


def test_the_secret_of_the_web_hook_is_exchanged_and_the_one_before_forgotten(staff: factories.Staff) -> None:
    made = account(staff)
    client = come(staff.owner)
    client.post(f"{LIST}/{made.id}/rotate")
    assert "Two secrets are believed" in client.get(f"{LIST}/{made.id}").content.decode()
    client.post(f"{LIST}/{made.id}/rotate", {"forget": "1"})
    assert "What the provider signs with the secret is believed." in client.get(f"{LIST}/{made.id}").content.decode()


def test_the_connection_is_checked(staff: factories.Staff) -> None:
    made = account(staff)
    client = come(staff.owner)
    assert client.post(f"{LIST}/{made.id}/check").status_code == 303
    assert "It answers." in client.get(f"{LIST}/{made.id}").content.decode()


def test_an_empty_list_offers_every_kind(staff: factories.Staff) -> None:
    page = come(staff.owner).get(LIST).content.decode()
    assert "Nothing can be collected yet" in page
    assert f"{LIST}/new/vipps" in page


def test_managers_see_the_accounts_and_change_none(staff: factories.Staff) -> None:
    made = account(staff)
    client = come(staff.manager)
    assert 'name="csrfmiddlewaretoken"' in client.get(f"{LIST}/{made.id}").content.decode()
    assert "New payment account" not in client.get(LIST).content.decode()
    assert client.post(f"{LIST}/{made.id}", form()).status_code == 403
    assert client.get(f"{LIST}/new/sandbox").status_code == 403


@pytest.mark.parametrize("who", ["supervisor", "senior", "junior", "viewer"])
def test_others_do_not_see_them(staff: factories.Staff, who: str) -> None:
    assert come(staff.actors[who]).get(LIST).status_code == 403


def test_an_unknown_kind_is_not_found(staff: factories.Staff) -> None:
    assert come(staff.owner).get(f"{LIST}/new/other").status_code == 404


def test_times_and_retention_are_set(staff: factories.Staff) -> None:
    client = come(staff.manager)
    client.post("/onboarding/settings", {"dashed_times": "on", "keep_days": "90"})
    row = OnboardingSettings.objects.get()
    assert (row.merchant_id, row.dashed_times, row.keep_days) == (staff.org.id, True, 90)
    client.post("/onboarding/settings", {})
    row.refresh_from_db()
    assert (row.dashed_times, row.keep_days) == (False, None)


def test_a_retention_that_cannot_be_is_said_at_its_field(staff: factories.Staff) -> None:
    answer = come(staff.manager).post("/onboarding/settings", {"keep_days": "0"})
    assert answer.status_code == 422
    assert 'id="id_keep_days_error"' in answer.content.decode()


def test_supervisors_do_not_see_the_settings(staff: factories.Staff) -> None:
    assert come(staff.supervisor).get("/onboarding/settings").status_code == 403
