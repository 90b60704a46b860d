"""Sessions as rows of a file: the columns of the list, and what was agreed and filled in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from ringround.infra import audit
from ringround.kernel.text import csv_safe
from ringround.onboarding import queries, texts
from ringround.onboarding.models import Session
from ringround.onboarding.queries.settings import onboarding_settings
from ringround.onboarding.rules.session import service_type
from ringround.onboarding.rules.workflow import CONTACT_ROLES
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

PAGE = 500
HEAD = (
    "id", "status", "created", "intention", "campaign", "workflow", "agency", "phase", "completed", "service_type",
    "action", "workflow_version", "merchant", "user", "external_lead_id", "reason", "late", "agreement", "amount",
    "currency", "schedule", "payment_method",
)  # fmt: skip
# What nobody gets by a file, whoever asks.
NEVER = frozenset({"national_id"})


@transaction.atomic
def sessions_export(
    *,
    actor: Actor,
    campaign: UUID | None = None,
    statuses: Sequence[str] = (),
    from_: datetime | None = None,
    to: datetime | None = None,
) -> Iterator[list[str]]:
    """Head and rows of the sessions that the filter finds, newest first, a page at a time.

    Amounts are minor units, times as in the lists; facts of the contact as `contact.<role>`, without what is secret.
    Formulas are made harmless. Audited when it is asked for: who has the first row may have them all.
    """
    require(actor, "onboarding.sessions.export")
    audit.write(
        actor=actor, action="onboarding.sessions.exported", org_id=actor.org_id, subject_type="campaign",
        subject_id=campaign,
    )  # fmt: skip
    asked: dict[str, Any] = {"campaign": campaign, "statuses": statuses, "from_": from_, "to": to}
    dashed = onboarding_settings(org_id=actor.org_id).dashed_times
    return _rows(actor, asked, dashed)


def _rows(actor: Actor, asked: dict[str, Any], dashed: bool) -> Iterator[list[str]]:
    roles = [role for role in CONTACT_ROLES if role not in NEVER]
    yield [*HEAD, *(f"contact.{role}" for role in roles), "metadata"]
    after: str | None = None
    while True:
        page = queries.session_page(actor=actor, size=PAGE, after=after, **asked)
        for one in page.items:
            yield [csv_safe(cell) for cell in _cells(one, roles, dashed)]
        after = page.next
        if after is None:
            return


def _cells(one: Session, roles: Sequence[str], dashed: bool) -> Iterator[str]:
    version = one.workflow_version
    agreed = queries.agreement_shown(one)
    yield from (
        str(one.id), one.status, texts.stamp(one.created_at, dashed), one.intention, one.campaign.name,
        version.workflow.name, one.agency.name, one.phase, texts.stamp(one.completed_at, dashed),
        service_type(one.action, one.payment_type), one.action, str(version.number), one.merchant.name,
        one.user.name if one.user is not None else "", one.external_lead_id, one.reason, "1" if one.late else "0",
    )  # fmt: skip
    yield from (str(agreed.get(name) or "") for name in ("name", "amount", "currency", "schedule"))
    yield one.payment_method
    yield from (str(one.given.get(role) or "") for role in roles)
    yield "; ".join(f"{key}: {value}" for key, value in one.metadata.items())
