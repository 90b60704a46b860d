"""Which leads: one filter for lists, bulk actions and exports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, Count, F, Func, Q, QuerySet, UUIDField, Value
from django.db.models.functions import Cast

from ringround.campaigns.models import Attempt, Lead
from ringround.campaigns.queries.plan import AGENTS, visible_campaigns
from ringround.contacts import queries as contacts
from ringround.orgs.actor import Actor

# Contacts that are looked up one by one.
FEW = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFilter:
    """The query parameters of `GET /leads`; a tuple means any of; `ids` may be none at all.

    `result` is by form key, with the answer or a list of answers.
    """

    ids: tuple[UUID, ...] | None = None
    campaign: tuple[UUID, ...] = ()
    status: tuple[str, ...] = ()
    q: str = ""
    assigned_to: tuple[UUID, ...] = ()
    unassigned: bool = False
    owner: tuple[UUID, ...] = ()
    reserved: bool | None = None
    active: bool | None = None
    urgent: bool | None = None
    disposition: tuple[UUID, ...] = ()
    outcome: tuple[str, ...] = ()
    attempts_min: int | None = None
    attempts_max: int | None = None
    last_contact_before: datetime | None = None
    last_contact_after: datetime | None = None
    external_lead_id: str = ""
    contact: tuple[UUID, ...] = ()
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def asks(self) -> bool:
        """Whether it leaves any lead out."""
        return replace(self, q=self.q.strip()) != LeadFilter()


def filtered(actor: Actor, wanted: LeadFilter, said: Said | None = None) -> QuerySet[Lead]:
    """The leads that the filter finds among those of campaigns the actor may see. `said`: what its words find, where
    that has been asked already.

    An agent looks through what they hold or is kept for them, and not through the whole campaign: a list of everybody
    with their numbers is what somebody who leaves takes along.
    """
    found = Lead.objects.filter(campaign__in=visible_campaigns(actor))
    if actor.role in AGENTS:
        me = actor.user_id
        found = found.filter(Q(reserved_by=me) | Q(owner=me) | Q(assigned_to=me))
    if wanted.ids is not None:
        found = found.filter(id__in=wanted.ids)
    for name in ("campaign", "status", "assigned_to", "owner", "contact"):
        values = getattr(wanted, name)
        if values:
            found = found.filter(**{f"{name}__in": values})
    if wanted.unassigned:
        found = found.filter(assigned_to__isnull=True)
    if wanted.reserved is not None:
        found = found.filter(reserved_by__isnull=not wanted.reserved)
    if wanted.active is not None:
        found = found.filter(active=wanted.active)
    if wanted.urgent is not None:
        found = found.filter(urgent_at__isnull=not wanted.urgent)
    if wanted.attempts_min is not None:
        found = found.filter(attempts__gte=wanted.attempts_min)
    if wanted.attempts_max is not None:
        found = found.filter(attempts__lte=wanted.attempts_max)
    if wanted.last_contact_before is not None:
        found = found.filter(last_contacted_at__lt=wanted.last_contact_before)
    if wanted.last_contact_after is not None:
        found = found.filter(last_contacted_at__gte=wanted.last_contact_after)
    if wanted.external_lead_id:
        found = found.filter(external_lead_id=wanted.external_lead_id)
    if wanted.disposition or wanted.outcome:
        found = found.filter(_any_of("id", _attempted(actor, wanted)))
    for key, value in wanted.result.items():
        found = found.filter(_answered(key, value))
    if words := wanted.q.strip():
        found = found.filter((said or said_of(actor, words)).leads)
    return found


@dataclass(frozen=True, slots=True)
class Said:
    """Which leads words find. `few`: all of them can be read at once."""

    leads: Q
    few: bool


def said_of(actor: Actor, words: str) -> Said:
    """Leads of contacts that match, or with this very id of their own.

    Asked for beforehand where they are few: a statement that has the contacts to find, or else the id, looks at each
    lead of the campaign for both. Many are found soon by going through the leads, and the database knows how.
    """
    few = contacts.contact_ids_few(q=words, most=FEW)
    of_contacts = Q(contact__in=contacts.contact_ids_matching(q=words)) if few is None else Q(_any_of("contact", few))
    named = Lead.objects.filter(campaign__in=visible_campaigns(actor), external_lead_id=words)
    ids = list(named.values_list("id", flat=True))
    return Said(of_contacts | Q(id__in=ids) if ids else of_contacts, few is not None)


def _answered(key: str, value: Any) -> Q:
    """Leads with this answer; a list means any of. The answer to a multiple choice is a list that holds it."""
    any_of = Q()
    for one in value if isinstance(value, list) else [value]:
        any_of |= Q(result__contains={key: one}) | Q(result__contains={key: [one]})
    # An empty list is none of anything, and not everything.
    return any_of or Q(id__in=())


def _any_of(column: str, ids: QuerySet[Any] | str) -> Func:
    """`column = ANY(array)`: of a query, or as PostgreSQL writes one."""
    array = Cast(Value(ids), ArrayField(UUIDField())) if isinstance(ids, str) else ArraySubquery(ids)
    return Func(F(column), array, template="(%(expressions)s))", arg_joiner=" = ANY(", output_field=BooleanField())


def _attempted(actor: Actor, wanted: LeadFilter) -> QuerySet[Any]:
    """Leads by what came of a try, each once, newest first. Taken as an array: a statement that has them to join goes
    through the newest leads, of which none may have been tried, and asks for each."""
    seen = visible_campaigns(actor)
    if wanted.campaign:
        seen = seen.filter(id__in=wanted.campaign)
    # Known beforehand: of one campaign the index gives them in this order, and no more are read than are wanted.
    tries = Attempt.objects.filter(campaign__in=list(seen.values_list("id", flat=True)))
    if wanted.disposition:
        tries = tries.filter(disposition__in=wanted.disposition)
    if wanted.outcome:
        tries = tries.filter(outcome__in=wanted.outcome)
    return tries.order_by("-lead").values("lead").distinct()


def _first(tries: QuerySet[Any], few: int) -> list[UUID]:
    return [one["lead"] for one in tries[:few]]


def _array(ids: Sequence[UUID]) -> str:
    return "{" + ",".join(map(str, ids)) + "}"


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest leads found; `count`: how many there are in all, where that came along."""

    items: list[Lead]
    count: int | None


def newest(
    actor: Actor,
    wanted: LeadFilter,
    *,
    most: int,
    before: UUID | None = None,
    beside: Sequence[str] = (),
    said: Said | None = None,
) -> Newest:
    """The newest leads that the filter finds, with these related rows; only those before one.

    By words that find few contacts: all their leads at once, since in the order of the leads they may lie anywhere.
    By what came of a try: the leads of the newest tries are looked at first, as many as would do where the filter asks
    for nothing else, then more, then all. A hundred thousand ids are not put together to show fifty.
    """
    if wanted.q.strip():
        said = said or said_of(actor, wanted.q.strip())
        if said.few:
            return _few(actor, wanted, said, most, before, beside)
    tried = bool(wanted.disposition or wanted.outcome)
    found = filtered(actor, replace(wanted, disposition=(), outcome=()) if tried else wanted, said)
    found = found.select_related(*beside).order_by("-id")
    if before is not None:
        found = found.filter(id__lt=before)
    if not tried:
        return Newest(list(found[:most]), None)
    tries = _attempted(actor, wanted)
    if before is not None:
        tries = tries.filter(lead__lt=before)
    # Over several campaigns no index gives them in their order, and each look reads them all: one short one is made.
    for few in (most, 40 * most) if len(wanted.campaign) == 1 else (most,):
        ids = _first(tries, few)
        items = list(found.filter(_any_of("id", _array(ids)))[:most])
        if len(items) == most or len(ids) < few:
            return Newest(items, None)
    return Newest(list(found.filter(_any_of("id", tries))[:most]), None)


def _few(
    actor: Actor, wanted: LeadFilter, said: Said, most: int, before: UUID | None, beside: Sequence[str]
) -> Newest:  # fmt: skip
    here = Q(id__lt=before) if before is not None else None
    ids = ArrayAgg("id", filter=here, order_by="-id", default=[])
    first = Func(ids, template=f"(%(expressions)s)[1:{most:d}]", output_field=ArrayField(UUIDField()))
    found = filtered(actor, wanted, said).aggregate(count=Count("id"), ids=first)
    items = Lead.objects.filter(id__in=found["ids"]).select_related(*beside)
    return Newest(list(items.order_by("-id")), found["count"])


def count_to(actor: Actor, wanted: LeadFilter, *, most: int, said: Said | None = None) -> int:
    """How many the filter finds, counted to one more than `most`."""
    if wanted.disposition or wanted.outcome:
        rest = replace(wanted, disposition=(), outcome=())
        tries = _attempted(actor, wanted)
        if actor.role not in AGENTS and not replace(rest, campaign=()).asks:
            # A try is of its lead's campaign: the leads need not be read.
            return tries[: most + 1].count()
        ids = _first(tries, most + 1)
        number = filtered(actor, rest, said).filter(_any_of("id", _array(ids))).order_by().count()
        if number > most or len(ids) <= most:
            return number
    return filtered(actor, wanted, said).order_by()[: most + 1].count()
