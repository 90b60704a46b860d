"""Organisation, people and links over HTTP."""

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
from ringround.orgs.models import AgencyLink, Organisation
from ringround.orgs.permissions import require
from ringround.orgs.queries import Link, Person, TeamRow

Role = Literal["owner", "manager", "supervisor", "senior_agent", "junior_agent", "quality", "viewer"]


# --- who am I -----------------------------------------------------------------------------------

me_router = Router(tags=["Organisation"])


class OrganisationRef(Out):
    id: Id
    name: str
    kind: str


class MeUser(Out):
    id: Id
    email: str
    name: str
    role: str


class Me(Out):
    user: MeUser | None
    """Null for the token of an external system."""
    organisation: OrganisationRef
    """The user's own organisation."""
    acting_for: OrganisationRef | None
    """The managed merchant whose data this call sees instead, or null."""
    scopes: list[str]


@me_router.get("", response=Me, summary="Who is asking")
def me(request: ApiRequest) -> object:
    """The user, the organisation and the scopes of the token."""
    actor = request.actor
    user = actor.user
    return {
        "user": {"id": user.id, "email": user.email, "name": user.name, "role": actor.role} if user else None,
        "organisation": actor.home or actor.organisation,
        "acting_for": actor.acting_for,
        "scopes": sorted(actor.scopes),
    }


# --- the organisation ---------------------------------------------------------------------------

organisation_router = Router(tags=["Organisation"])


class OrganisationOut(OrganisationRef):
    four_eyes: bool
    """A campaign is approved by somebody else than its maker."""
    mfa_required: bool
    """Everyone signs in with a second factor."""
    callback_max_days: int
    """How far ahead a callback may lie."""
    callbacks_per_agent: int
    """How many private callbacks an agent may hold at once."""
    region: str
    """ISO 3166 code: numbers without a country code are of this country."""
    language: str
    timezone: str
    currency: str
    pause_reasons: list[str]
    created_at: Time


class OrganisationPatch(Schema):
    name: Name = ""
    four_eyes: bool = False
    mfa_required: bool = False
    callback_max_days: int = 0
    callbacks_per_agent: int = 0
    region: str = ""
    language: str = ""
    timezone: str = ""
    currency: str = ""
    pause_reasons: list[Line] = Field(default_factory=list)


@organisation_router.get("", response=OrganisationOut, summary="The organisation and its settings")
def organisation_get(request: ApiRequest) -> Organisation:
    """Of the organisation acted for."""
    require(request.actor, "orgs.settings.read")
    return request.actor.organisation


@organisation_router.patch("", response=OrganisationOut, summary="Change settings")
def organisation_patch(request: ApiRequest, body: OrganisationPatch) -> Organisation:
    """Only what is written is changed. For owners."""
    return actions.organisation_change(actor=request.actor, **body.given())


# --- agency links -------------------------------------------------------------------------------

links_router = Router(tags=["Agencies"])


class LinkOut(Out):
    id: Id
    state: str
    """waiting, live, expired or revoked"""
    merchant: Id
    agency: Id | None
    other: str | None
    """The name of the organisation on the other side, once it is claimed."""
    created_at: Time
    expires_at: Time
    """Until when the token may be claimed."""
    claimed_at: Time | None
    revoked_at: Time | None


class LinkMade(Out):
    id: Id
    token: str
    """Shown here and never again."""
    expires_at: Time


class Claim(Schema):
    token: Annotated[str, Field(min_length=1, max_length=200)]


def _link(link: Link) -> dict[str, object]:
    return {
        "id": link.id,
        "state": link.state,
        "merchant": link.merchant_id,
        "agency": link.agency_id,
        "other": link.other,
        "created_at": link.created_at,
        "expires_at": link.expires_at,
        "claimed_at": link.claimed_at,
        "revoked_at": link.revoked_at,
    }


@links_router.get("", response=Page[LinkOut], summary="List agency links")
def link_list(request: ApiRequest, paging: Query[Paging]) -> object:
    """From either side, newest first."""
    after = cursors.decode_at(paging.after) if paging.after else None
    rows = queries.link_list(actor=request.actor, after=after, size=paging.size + 1)
    shown = rows[: paging.size]
    more = len(rows) > paging.size
    return {
        "items": [_link(row) for row in shown],
        "next": cursors.encode_at(shown[-1].created_at, shown[-1].id) if more else None,
    }


@links_router.post("", response={201: LinkMade}, summary="Make a token for an agency")
def link_create(request: ApiRequest) -> object:
    """For merchants. The agency claims it."""
    link, token = actions.agency_link_create(actor=request.actor)
    return {"id": link.id, "token": token, "expires_at": link.expires_at}


@links_router.post("/claim", response=LinkOut, summary="Claim a merchant's token")
def link_claim(request: ApiRequest, body: Claim) -> object:
    """For agencies. 409 `link_used`, `link_expired`, `link_revoked`, `already_linked`."""
    link = actions.agency_link_claim(actor=request.actor, token=body.token)
    return _one(request, link)


@links_router.delete("/{link_id}", response={204: None}, summary="Revoke a link or its token")
def link_revoke(request: ApiRequest, link_id: Id) -> HttpResponse:
    """From either side, at once."""
    actions.agency_link_revoke(actor=request.actor, link_id=link_id)
    return no_content()


def _one(request: ApiRequest, link: AgencyLink) -> dict[str, object]:
    return _link(queries.link_get(actor=request.actor, link_id=link.id))


# --- users --------------------------------------------------------------------------------------

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


# --- teams --------------------------------------------------------------------------------------

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


ROUTERS = [
    ("/me", me_router),
    ("/organisation", organisation_router),
    ("/agency-links", links_router),
    ("/users", users_router),
    ("/teams", teams_router),
]
