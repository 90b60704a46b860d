"""Teams: names for groups of members."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from ringround.infra import audit
from ringround.kernel.errors import Conflict, NotFound
from ringround.kernel.messages import N_
from ringround.orgs.actions._common import clean_name, lock
from ringround.orgs.actor import Actor
from ringround.orgs.models import Membership, Team
from ringround.orgs.permissions import require


@transaction.atomic
def team_create(*, actor: Actor, name: str) -> Team:
    """A new team; Conflict `name_taken`."""
    require(actor, "orgs.teams.change")
    cleaned = clean_name(name)
    organisation = lock(actor.org_id)
    _check_free(organisation.id, cleaned)
    team = Team.objects.create(organisation=organisation, name=cleaned)
    _write(actor, "orgs.team.created", team)
    return team


@transaction.atomic
def team_rename(*, actor: Actor, team_id: UUID, name: str) -> Team:
    """Another name for a team; Conflict `name_taken`."""
    lock(actor.org_id)
    team = _get(actor, team_id)
    require(actor, "orgs.teams.change")
    cleaned = clean_name(name)
    if cleaned != team.name:
        _check_free(actor.org_id, cleaned)
        team.name = cleaned
        team.save(update_fields=["name"])
        _write(actor, "orgs.team.renamed", team)
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


def _check_free(organisation_id: UUID, name: str) -> None:
    if Team.objects.filter(organisation_id=organisation_id, name__iexact=name).exists():
        raise Conflict("name_taken", N_("There is a team with this name already."))


def _write(actor: Actor, action: str, team: Team, **data: int) -> None:
    audit.write(actor=actor, action=action, org_id=actor.org_id, subject_type="team", subject_id=team.id, data=data)
