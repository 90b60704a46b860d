"""Sessions as rows of a file: the columns of the list, and what was agreed and filled in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
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
    "currency", "schedule", "payment_method", "subscription", "params", "terms_version",
)  # fmt: skip
Stamp = Callable[[datetime | None], str]
# What nobody gets by a file, whoever asks.
NEVER = frozenset({"national_id"})


@transaction.atomic
def sessions_export(
    *,
    actor: Actor,
    campaign: UUID | None = None,
    merchant: UUID | None = None,
    statuses: Sequence[str] = (),
    from_: datetime | None = None,
    to: datetime | None = None,
    offsets: bool = False,
) -> Iterator[list[str]]:
    """Head and rows of the sessions that the filter finds, newest first, a page at a time.

    Amounts are minor units, times as in the lists, or with their offset from UTC where `offsets` is asked for; facts of
    the contact as `contact.<role>`, without what is secret.
    Formulas are made harmless. Audited when it is asked for: who has the first row may have them all.
    """
    require(actor, "onboarding.sessions.export")
    audit.write(
        actor=actor, action="onboarding.sessions.exported", org_id=actor.org_id, subject_type="campaign",
        subject_id=campaign,
    )  # fmt: skip
    asked: dict[str, Any] = {"campaign": campaign, "merchant": merchant, "statuses": statuses, "from_": from_, "to": to}
    dashed = onboarding_settings(org_id=actor.org_id).dashed_times
    return _rows(actor, asked, _iso if offsets else partial(texts.stamp, dashed=dashed))


def _iso(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""


def _rows(actor: Actor, asked: dict[str, Any], stamp: Stamp) -> Iterator[list[str]]:
    roles = [role for role in CONTACT_ROLES if role not in NEVER]
    yield [*HEAD, *(f"contact.{role}" for role in roles), "metadata"]
    after: str | None = None
    while True:
        page = queries.session_page(actor=actor, size=PAGE, after=after, **asked)
        for one in page.items:
            yield [csv_safe(cell) for cell in _cells(one, roles, stamp)]
        after = page.next
        if after is None:
            return


def _cells(one: Session, roles: Sequence[str], stamp: Stamp) -> Iterator[str]:
    version = one.workflow_version
    agreed = queries.agreement_shown(one)
    yield from (
        str(one.id), one.status, stamp(one.created_at), one.intention, one.campaign.name,
        version.workflow.name, one.agency.name, one.phase, stamp(one.completed_at),
        service_type(one.action, one.payment_type), one.action, str(version.number), one.merchant.name,
        one.user.name if one.user is not None else "", one.external_lead_id, one.reason, "1" if one.late else "0",
    )  # fmt: skip
    yield from (str(agreed.get(name) or "") for name in ("name", "amount", "currency", "schedule"))
    yield one.payment_method
    yield str(one.subscription_id or "")
    yield json.dumps(one.params, ensure_ascii=False) if one.params else ""
    yield one.terms_version
    yield from (str(one.given.get(role) or "") for role in roles)
    yield "; ".join(f"{key}: {value}" for key, value in one.metadata.items())
