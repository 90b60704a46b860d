"""Workflows that tests begin with."""

from __future__ import annotations

from typing import Any

from ringround.onboarding import actions
from ringround.onboarding.models import Workflow
from ringround.orgs.actor import Actor

SIGNUP: dict[str, Any] = {
    "intention": "signup",
    "approval_message": "Tak for snakken. Færdiggør her:",
    "sms_sender": "Hjaelpen",
    "link_ttl_s": 172_800,
    "contact_fields": [
        {"role": "first_name", "required": True},
        {"role": "last_name"},
        {"role": "phone"},
        {"role": "email"},
        {"role": "national_id", "sensitive": True},
    ],
    "metadata_fields": [{"key": "segment", "label": "Segment", "type": "text"}],
    "products": [
        {
            "key": "fast", "name": "Fast støtte", "payment_type": "recurring", "agreement_name": "Fast støtte",
            "currency": "DKK", "amount": {"rule": "free", "choices": [10000, 15000], "min": 5000},
            "schedule": {"rule": "choice", "choices": ["monthly", "quarterly", "half_yearly", "yearly"]},
            "methods": ["card", "mobile", "direct_debit"],
        },
        {
            "key": "once", "name": "Enkelt", "payment_type": "single", "agreement_name": "Enkeltdonation",
            "currency": "DKK", "amount": {"rule": "free"}, "methods": ["card", "mobile"],
        },
    ],
}  # fmt: skip
UPGRADE: dict[str, Any] = {
    "intention": "upgrade",
    "approval_message": "Bekræft her:",
    "link_ttl_s": 86_400,
    "contact_fields": [{"role": "email", "editable": True}],
    "upgrade": {
        "change_amount": "junior_agent", "change_frequency": "junior_agent", "change_payment_method": "junior_agent",
        "pause": "senior_agent", "restart": "senior_agent", "cancel": "senior_agent", "set_expiry": "senior_agent",
    },
}  # fmt: skip


def make(actor: Actor, name: str = "Månedlig giver", definition: dict[str, Any] | None = None) -> Workflow:
    """A workflow by this manager; a sign-up unless another definition is given."""
    return actions.workflow_create(actor=actor, name=name, definition=definition or SIGNUP)
