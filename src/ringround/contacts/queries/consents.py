"""What contacts are to the merchant and have agreed to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from ringround.contacts.models import Consent, Relation


@dataclass(frozen=True, slots=True)
class ConsentFacts:
    id: UUID
    channel: str
    given_at: datetime
    withdrawn_at: datetime | None
    source: str
    text_version: str


@dataclass(frozen=True, slots=True)
class RelationFacts:
    """`[since, until]` in whole days by UTC; None: since ever, for good."""

    kind: str
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class BasisFacts:
    """All consents of a contact, the newest first, those withdrawn too."""

    consents: tuple[ConsentFacts, ...] = ()
    relation: RelationFacts | None = None


def basis_of(contact_ids: Iterable[UUID]) -> dict[UUID, BasisFacts]:
    """By contact; the caller has found them visible to who asks."""
    ids = list(dict.fromkeys(contact_ids))
    consents: dict[UUID, list[ConsentFacts]] = {}
    for one in Consent.objects.filter(contact__in=ids).order_by("-given_at", "-id"):
        consents.setdefault(one.contact_id, []).append(
            ConsentFacts(one.id, one.channel, one.given_at, one.withdrawn_at, one.source, one.text_version)
        )
    relations = {
        one.contact_id: RelationFacts(one.kind, one.since, one.until)
        for one in Relation.objects.filter(contact__in=ids)
    }
    return {id: BasisFacts(tuple(consents.get(id, ())), relations.get(id)) for id in ids}


def consent_json(one: ConsentFacts) -> dict[str, Any]:
    return {
        "id": str(one.id),
        "channel": one.channel,
        "given_at": one.given_at,
        "withdrawn_at": one.withdrawn_at,
        "source": one.source,
        "text_version": one.text_version,
    }


def basis_json(basis: BasisFacts) -> dict[str, Any]:
    """The fields `relation` and `consents` of a contact."""
    relation = basis.relation
    return {
        "relation": {"kind": relation.kind, "since": relation.since, "until": relation.until} if relation else None,
        "consents": [consent_json(one) for one in basis.consents],
    }
