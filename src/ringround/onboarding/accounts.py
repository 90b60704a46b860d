"""From rows to what drawers take: an account with a provider, its secrets opened; and which account serves a method."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import UUID

from django.conf import settings

from ringround.infra import secrets
from ringround.infra.secrets import KeyTrouble
from ringround.onboarding.gateways.port import METHODS, Account
from ringround.onboarding.models import GatewayAccount

WEBHOOKS = "/api/v1/gateways/{kind}/{slug}/webhook"


def seal(values: dict[str, str]) -> str:
    """Secrets as they are stored."""
    return secrets.cipher(settings.RINGROUND).encrypt(json.dumps(values)) if values else ""


def unseal(stored: str) -> dict[str, str]:
    """Secrets again; KeyTrouble when no key of ours made them."""
    return dict(json.loads(secrets.cipher(settings.RINGROUND).decrypt(stored))) if stored else {}


def webhook_url(row: GatewayAccount) -> str:
    """Where the provider is to call us."""
    return f"{settings.RINGROUND.base_url}{WEBHOOKS.format(kind=row.kind, slug=row.slug)}"


def account_sealed(row: GatewayAccount) -> Account:
    """The account for its drawer without its secrets, for what needs none: what its rail can."""
    return Account(
        id=row.id, kind=row.kind, slug=row.slug, settings=row.settings, webhook_url=webhook_url(row),
        return_urls={name: str(row.settings[f"{name}_url"]) for name in ("done", "cancelled", "agreement")
                     if row.settings.get(f"{name}_url")},
        test=row.kind == "sandbox" or bool(row.settings.get("test")),
    )  # fmt: skip


def account_of(row: GatewayAccount) -> Account | None:
    """The account for its drawer; None where its secrets cannot be read."""
    try:
        opened, hooks = unseal(row.secrets), unseal(row.webhook_secrets)
    except KeyTrouble:
        return None
    newest_first = tuple(hooks[name] for name in ("now", "before") if hooks.get(name))
    return replace(account_sealed(row), secrets=opened, webhook_secrets=newest_first)


def account_view(row: GatewayAccount) -> Account:
    """The account for its drawer; KeyTrouble where no key of ours opens its secrets."""
    found = account_of(row)
    if found is None:
        raise KeyTrouble(f"no key of ours opens the secrets of the payment account {row.kind}/{row.slug}")
    return found


def account_for(*, merchant_id: UUID, method: str) -> GatewayAccount | None:
    """The account by which a merchant's new agreements of this method are made: the first active one that serves it."""
    rows = GatewayAccount.objects.filter(merchant=merchant_id, active=True, methods__contains=[method])
    return rows.order_by("priority", "id").first()


def methods_for(*, merchant_id: UUID) -> tuple[str, ...]:
    """The methods that a merchant has an active account for, in the order of the port's."""
    lists = GatewayAccount.objects.filter(merchant=merchant_id, active=True).values_list("methods", flat=True)
    found = {method for methods in lists for method in methods}
    return tuple(method for method in METHODS if method in found)
