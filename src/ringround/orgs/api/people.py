"""Users and teams."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpResponse

from ringround.http.kit import (
    ApiRequest,
    Field,
    Id,
    Line,
    Name,
    Out,
    Page,
    Paging,
    Query,
    Router,
    Schema,
    Time,
    no_content,
)
from ringround.kernel import cursors
from ringround.kernel.text import sort_key
from ringround.orgs import actions, mails, queries
from ringround.orgs.queries import Person, TeamRow

Role = Literal["owner", "manager", "supervisor", "senior_agent", "junior_agent", "quality", "viewer"]

users_router = Router(tags=["Users"])


class UserOut(Out):
    id: Id
    email: str
    name: str
    role: str
    team: Id | None
    external_id: str | None
    state: str
    """active, invited or inactive"""
    created_at: Time


class UserIn(Schema):
    email: Annotated[str, Field(max_length=254)]
    name: Line = ""
    role: Role
    team: str | None = None
    """Its id or its name."""
    external_id: Line | None = None
    """The user's id in another system."""


class UserMade(UserOut):
    invitation_url: str
    """By which the user joins; also mailed to them. Shown here and never again."""
    invitation_expires_at: Time


class UserPatch(Schema):
    role: Role = "viewer"
    team: str | None = None
    external_id: Line | None = None


def _user(person: Person) -> dict[str, object]:
    return {
        "id": person.id,
        "email": person.email,
        "name": person.name,
        "role": person.role,
        "team": person.team_id,
        "external_id": person.external_id,
        "state": person.state,
        "created_at": person.created_at,
    }


class UserFilter(Paging):
    team: Id | None = None


@users_router.get("", response=Page[UserOut], summary="List users")
def user_list(request: ApiRequest, paging: Query[UserFilter]) -> object:
    """Newest first, those who are invited or deactivated too."""
    after = cursors.decode_at(paging.after) if paging.after else None
    rows = queries.user_list(actor=request.actor, team=paging.team, after=after, size=paging.size + 1)
    shown = rows[: paging.size]
    more = len(rows) > paging.size
    return {
        "items": [_user(row) for row in shown],
        "next": cursors.encode_at(shown[-1].created_at, shown[-1].membership_id) if more else None,
    }


@users_router.post("", response={201: UserMade}, summary="Invite a user")
def user_create(request: ApiRequest, body: UserIn) -> object:
    """The user is `invited` until they accept by the link in the mail. Only owners invite owners."""
    made = actions.user_invite(actor=request.actor, **body.model_dump())
    return _user(queries.user_get(actor=request.actor, user_id=made.user.id)) | {
        "invitation_url": mails.join_url(made.token),
        "invitation_expires_at": made.invitation.expires_at,
    }


@users_router.get("/{user_id}", response=UserOut, summary="A user")
def user_get(request: ApiRequest, user_id: Id) -> object:
    """Of the organisation acted for."""
    return _user(queries.user_get(actor=request.actor, user_id=user_id))


@users_router.patch("/{user_id}", response=UserOut, summary="Change a user")
def user_patch(request: ApiRequest, user_id: Id, body: UserPatch) -> object:
    """Only what is written is changed. Only owners make and change owners; 409 `last_owner`."""
    actions.user_change(actor=request.actor, user_id=user_id, **body.given())
    return _user(queries.user_get(actor=request.actor, user_id=user_id))


@users_router.post("/{user_id}/deactivate", response=UserOut, summary="Deactivate a user")
def user_deactivate(request: ApiRequest, user_id: Id) -> object:
    """At once: sessions and tokens end, what they hold is let go. 409 `already_inactive`, `last_owner`, `yourself`."""
    actions.user_deactivate(actor=request.actor, user_id=user_id)
    return _user(queries.user_get(actor=request.actor, user_id=user_id))


teams_router = Router(tags=["Users"])


class TeamOut(Out):
    id: Id
    name: str
    members: list[Id]


class TeamIn(Schema):
    name: Name
    members: list[str] = []
    """Ids or e-mail addresses. A user is in one team at most, and leaves another for this one."""


class TeamPatch(Schema):
    """Only what is written changes; `members` are exactly these afterwards."""

    name: Name = "-"
    members: list[str] = []


def _team(row: TeamRow) -> dict[str, object]:
    return {"id": row.id, "name": row.name, "members": list(row.people)}


def _told(team_id: UUID, name: str, org_id: UUID) -> dict[str, object]:
    people = queries.members_of([org_id])
    return {"id": team_id, "name": name, "members": [one.id for one in people if one.team_id == team_id]}


@teams_router.get("", response=Page[TeamOut], summary="List teams")
def team_list(request: ApiRequest, paging: Query[Paging]) -> object:
    """By name."""
    teams = queries.team_list(actor=request.actor)
    if paging.after:
        name, team_id = cursors.decode(paging.after, str, UUID)
        # By value, not by place: the last team seen may be gone by now.
        teams = [
            team for team in teams if (sort_key(team.name), team.id) > (sort_key(name or ""), team_id or UUID(int=0))
        ]
    shown, more = teams[: paging.size], len(teams) > paging.size
    following = cursors.encode([shown[-1].name, shown[-1].id]) if more else None
    return {"items": [_team(one) for one in shown], "next": following}


@teams_router.post("", response={201: TeamOut}, summary="Make a team")
def team_create(request: ApiRequest, body: TeamIn) -> object:
    """409 `name_taken`."""
    team = actions.team_create(actor=request.actor, name=body.name, members=body.members)
    return _told(team.id, team.name, request.actor.org_id)


@teams_router.patch("/{team_id}", response=TeamOut, summary="Change a team")
def team_patch(request: ApiRequest, team_id: Id, body: TeamPatch) -> object:
    """409 `name_taken`. Campaigns that its members were put on keep them, whoever leaves or joins the team later."""
    team = actions.team_change(actor=request.actor, team_id=team_id, **body.given())
    return _told(team.id, team.name, request.actor.org_id)


@teams_router.delete("/{team_id}", response={204: None}, summary="Delete a team")
def team_delete(request: ApiRequest, team_id: Id) -> HttpResponse:
    """Its members stay, without a team."""
    actions.team_delete(actor=request.actor, team_id=team_id)
    return no_content()
