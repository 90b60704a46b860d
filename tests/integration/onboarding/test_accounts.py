"""A merchant's account with a provider as its drawer sees it."""

from __future__ import annotations

import pytest

from ringround.infra import clock
from ringround.onboarding.accounts import account_of, seal, unseal
from ringround.onboarding.models import GatewayAccount
from tests.factories import organisation

pytestmark = pytest.mark.django_db


def account(**more: object) -> GatewayAccount:
    now = clock.now()
    facts = {"kind": "vipps", "name": "Vipps", "slug": "charity", "created_at": now, "updated_at": now}
    return GatewayAccount.objects.create(
        merchant=organisation("Charity"), rests_until=now, **{**facts, **more}
    )  # fmt: skip


def test_secrets_are_not_stored_as_they_are_and_come_back() -> None:
    stored = seal({"client_secret": "hemmelig"})
    assert "hemmelig" not in stored
    assert unseal(stored) == {"client_secret": "hemmelig"}
    assert seal({}) == ""
    assert unseal("") == {}


def test_an_account_has_its_address_and_both_webhook_secrets_the_newest_first() -> None:
    row = account(
        secrets=seal({"client_secret": "a"}), webhook_secrets=seal({"before": "old", "now": "new"}),
        settings={"test": True, "agreement_url": "https://charity.example/mine"},
    )  # fmt: skip
    found = account_of(row)
    assert found is not None
    assert found.webhook_url.endswith("/api/v1/gateways/vipps/charity/webhook")
    assert found.webhook_secrets == ("new", "old")
    assert found.secrets == {"client_secret": "a"}
    assert found.return_urls == {"agreement": "https://charity.example/mine"}
    assert found.test


def test_an_account_whose_secrets_cannot_be_read_is_none() -> None:
    assert account_of(account(secrets="made by a key that is gone")) is None
