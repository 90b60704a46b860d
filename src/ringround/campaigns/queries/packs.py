"""What a campaign's rule packs ask of its leads, and what is known of a person for them. Without packs nothing is
read."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ringround.campaigns.queries.plan_facts import Plan
from ringround.campaigns.rules.lead import LeadFacts
from ringround.campaigns.rules.place import NO_PACKS, Packs
from ringround.compliance import rules as compliance
from ringround.compliance.rules import Consent, ContactFacts, Relation
from ringround.contacts import queries as contacts
from ringround.infra import sql


def asked_of(plan: Plan, now: datetime) -> str | None:
    """What the packs ask at this moment, as the database reads it; None: nothing."""
    if not plan.facts.packs:
        return None
    asked = compliance.demands(plan.facts.packs, now)
    return json.dumps(asked.to_json()) if asked.any else None


def packs_of(leads: Iterable[LeadFacts], plan: Plan, now: datetime) -> dict[UUID, Packs]:
    """What the packs say of each lead, for its placement; empty without packs."""
    if not plan.facts.packs:
        return {}
    changes_at = compliance.next_change(plan.facts.packs, now)
    shut: dict[UUID, datetime | None] = {}
    some = [lead for lead in leads if lead.open]
    if some and (asked := asked_of(plan, now)) is not None:
        rows = sql.rows(
            "campaigns", "packs_shut", merchant=plan.merchant_id, packs=asked, now=now,
            leads=[lead.id for lead in some], contacts=[lead.contact_id for lead in some],
        )  # fmt: skip
        shut = {row["id"]: row["until"] for row in rows}
    plain = replace(NO_PACKS, changes_at=changes_at)
    return {lead.id: Packs(True, shut[lead.id], changes_at) if lead.id in shut else plain for lead in some}


@dataclass(frozen=True, slots=True)
class Person:
    """What the packs ask about a person: calls, refusals, consents, relation."""

    calls: tuple[datetime, ...]
    refused_at: datetime | None
    consents: tuple[Consent, ...]
    relation: Relation | None


def person_of(plan: Plan, contact_id: UUID, now: datetime) -> Person | None:
    """What is known of a person by now; None without packs."""
    if not plan.facts.packs:
        return None
    since = now - compliance.looks_back(plan.facts.packs)
    row = sql.row("campaigns", "person_calls", merchant=plan.merchant_id, contact=contact_id, since=since, now=now)
    assert row is not None
    basis = contacts.basis_of([contact_id])[contact_id]
    relation = basis.relation
    return Person(
        tuple(row["calls"]),
        row["refused_at"],
        tuple(
            Consent(one.given_at, one.withdrawn_at, one.source)
            for one in basis.consents
            if one.channel in ("phone", "any")
        ),
        Relation(relation.kind, relation.since, relation.until) if relation else None,
    )


def with_person(
    facts: ContactFacts, plan: Plan, contact_id: UUID, now: datetime, person: Person | None = None
) -> ContactFacts:
    """The facts with what the packs ask about. `person`: where the caller has read it."""
    known = person or person_of(plan, contact_id, now)
    if known is None:
        return facts
    return replace(
        facts, calls=known.calls, refused_at=known.refused_at, consents=known.consents, relation=known.relation
    )
