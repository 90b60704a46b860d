"""Who is asking, and the organisation with its settings."""

from __future__ import annotations

from ringround.http.kit import (
    ApiRequest,
    Field,
    Id,
    Line,
    Name,
    Out,
    Router,
    Schema,
    Time,
)
from ringround.orgs import actions
from ringround.orgs.models import Organisation
from ringround.orgs.permissions import require

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
