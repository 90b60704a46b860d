"""Teams: names for groups of members."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from ringround.infra import audit
from ringround.kernel.errors import Conflict, Fault, Invalid, NotFound
from ringround.kernel.messages import N_
from ringround.orgs.actions._common import clean_name, lock
from ringround.orgs.actor import Actor
from ringround.orgs.models import Membership, Team
from ringround.orgs.permissions import require
from ringround.orgs.queries.people import members_of


@transaction.atomic
def team_create(*, actor: Actor, name: str, members: Sequence[UUID | str] = ()) -> Team:
    """A new team with these members, by id or e-mail; Conflict `name_taken`."""
    require(actor, "orgs.teams.change")
    cleaned = clean_name(name)
    organisation = lock(actor.org_id)
    _check_free(organisation.id, cleaned)
    team = Team.objects.create(organisation=organisation, name=cleaned)
    _write(actor, "orgs.team.created", team)
    _put(actor, team, members)
    return team


@transaction.atomic
def team_change(
    *, actor: Actor, team_id: UUID, name: str | None = None, members: Sequence[UUID | str] | None = None
) -> Team:
    """Another name for a team (Conflict `name_taken`), or exactly these members, by id or e-mail; who comes from
    another team leaves it."""
    lock(actor.org_id)
    team = _get(actor, team_id)
    require(actor, "orgs.teams.change")
    cleaned = clean_name(name) if name is not None else team.name
    if cleaned != team.name:
        if cleaned.casefold() != team.name.casefold():
            _check_free(actor.org_id, cleaned)
        team.name = cleaned
        team.save(update_fields=["name"])
        _write(actor, "orgs.team.renamed", team)
    if members is not None:
        _put(actor, team, members)
    return team


@transaction.atomic
def team_delete(*, actor: Actor, team_id: UUID) -> None:
    """Take a team away; its members stay, without a team."""
    lock(actor.org_id)
    team = _get(actor, team_id)
    require(actor, "orgs.teams.change")
    members = Membership.objects.filter(team=team).count()
    _write(actor, "orgs.team.deleted", team, members=members)
    team.delete()


def _get(actor: Actor, team_id: UUID) -> Team:
    team = Team.objects.filter(organisation=actor.organisation, id=team_id).first()
    if team is None:
        raise NotFound("team")
    return team


def _put(actor: Actor, team: Team, members: Sequence[UUID | str]) -> None:
    """The organisation is locked. Only who is here or invited can be put in, and only of them is anybody taken out."""
    people = members_of([actor.org_id])
    by_ref = {str(one.id): one.id for one in people} | {one.email: one.id for one in people}
    wanted: list[UUID] = []
    faults = []
    for index, ref in enumerate(members):
        found = by_ref.get(str(ref).strip().lower())
        if found is None:
            faults.append(Fault(("members", index), "unknown_user", N_("There is no such user here.")))
        elif found not in wanted:
            wanted.append(found)
    if faults:
        raise Invalid(faults)
    now_in = [one.id for one in people if one.team_id == team.id]
    joined = [one for one in wanted if one not in now_in]
    left = [one for one in now_in if one not in wanted]
    if not joined and not left:
        return
    of = Membership.objects.filter(organisation=actor.organisation)
    of.filter(user__in=left).update(team=None)
    of.filter(user__in=joined).update(team=team)
    data = {"joined": [str(one) for one in joined], "left": [str(one) for one in left]}
    _write(actor, "orgs.team.members_changed", team, **data)


def _check_free(organisation_id: UUID, name: str) -> None:
    if Team.objects.filter(organisation_id=organisation_id, name__iexact=name).exists():
        raise Conflict("name_taken", N_("There is a team with this name already."))


def _write(actor: Actor, action: str, team: Team, **data: Any) -> None:
    audit.write(actor=actor, action=action, org_id=actor.org_id, subject_type="team", subject_id=team.id, data=data)
