"""Reading: a merchant's accounts with payment providers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ringround.infra.secrets import KeyTrouble
from ringround.kernel.errors import NotFound
from ringround.onboarding.accounts import unseal, webhook_url
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.models import GatewayAccount
from ringround.onboarding.queries.access import own_accounts
from ringround.orgs import permissions
from ringround.orgs.actor import Actor


def gateway_list(*, actor: Actor) -> list[GatewayAccount]:
    """The merchant's, in the order in which they are used."""
    permissions.require(actor, "onboarding.gateways.read")
    return list(own_accounts(actor).order_by("priority", "id"))


def gateway_get(*, actor: Actor, account_id: UUID) -> GatewayAccount:
    """One of the merchant's; NotFound."""
    found = own_accounts(actor).filter(id=account_id).first()
    if found is None:
        raise NotFound("gateway")
    permissions.require(actor, "onboarding.gateways.read")
    return found


def gateway_json(account: GatewayAccount) -> dict[str, Any]:
    """An account as the API shows it, without its secrets."""
    try:
        hooks, kept, readable = unseal(account.webhook_secrets), unseal(account.secrets), True
    except KeyTrouble:
        hooks, kept, readable = {}, {}, False
    return {
        "id": account.id,
        "name": account.name,
        "kind": account.kind,
        "account": account.slug,
        "webhook_url": webhook_url(account),
        "settings": account.settings,
        "secrets": sorted(kept),
        "readable": readable,
        "webhook_secrets": len([one for one in hooks.values() if one]),
        "methods": list(account.methods),
        "active": account.active,
        "priority": account.priority,
        "forged": account.forged,
        "fault": account.fault or None,
        "fault_at": account.fault_at if account.fault else None,
        "created_at": account.created_at,
        "updated_at": account.updated_at,
    }


def gateway_kinds() -> tuple[str, ...]:
    """The kinds that there are."""
    return tuple(DRAWERS)
