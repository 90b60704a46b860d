"""Keeping filters of the list of leads."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from django.db import IntegrityError, transaction

from ringround.campaigns.models import SavedFilter
from ringround.campaigns.queries.saved import may_drop, saved_filter_get
from ringround.campaigns.rules.lines import read_line
from ringround.campaigns.rules.parameters import MAX_NAME
from ringround.infra import audit, clock
from ringround.kernel.errors import Fault, Forbidden, Invalid
from ringround.kernel.messages import N_
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

MAX_QUERY = 4000
# What stands in the list's address beside the filter.
_BESIDE = frozenset({"size", "after", "col"})
# Words that were looked for are mostly a name or a number: kept, they would outlive the erasure of that person.
_PERSONAL = frozenset({"q", "external_lead_id"})


@transaction.atomic
def filter_save(*, actor: Actor, name: str, query: str, shared: bool = False) -> SavedFilter:
    """Keep what stands behind the `?` of the list's address under a name; for all of the organisation where `shared`.

    Sharing is for who may change leads; a filter that asks for nothing is refused. A name or number that was looked for
    is left out.
    """
    require(actor, "campaigns.overview")
    if shared:
        require(actor, "campaigns.leads.change")
    if actor.user is None:
        raise Forbidden("campaigns.overview")
    faults: list[Fault] = []
    named = read_line(name, MAX_NAME, ("name",), faults)
    asked = [(key, value) for key, value in parse_qsl(query) if key not in _BESIDE | _PERSONAL]
    if len(query) > MAX_QUERY:
        faults.append(Fault(("query",), "too_long", N_("At most %(limit)s characters.", limit=MAX_QUERY)))
    elif not asked:
        faults.append(Fault(("query",), "empty_selection", N_("There is no filter to keep: filter the list first.")))
    if faults:
        raise Invalid(faults)
    saved = SavedFilter(
        organisation=actor.organisation, user=actor.user, name=named or "", query=urlencode(asked), shared=shared,
        created_at=clock.now(),
    )  # fmt: skip
    try:
        with transaction.atomic():
            saved.save(force_insert=True)
    except IntegrityError as clash:
        raise Invalid.one("name", "name_taken", N_("You have kept another filter under this name.")) from clash
    if shared:
        _write(actor, "campaigns.filter.shared", saved)
    return saved


@transaction.atomic
def filter_delete(*, actor: Actor, saved_id: UUID) -> None:
    """Take a kept filter away: one's own, or a shared one as who may change leads."""
    saved = saved_filter_get(actor=actor, saved_id=saved_id)
    if not may_drop(actor, saved):
        raise Forbidden("campaigns.leads.change")
    if saved.shared:
        _write(actor, "campaigns.filter.deleted", saved)
    saved.delete()


def _write(actor: Actor, action: str, saved: SavedFilter) -> None:
    audit.write(
        actor=actor, action=action, org_id=actor.org_id, subject_type="saved_filter", subject_id=saved.id, data={}
    )
