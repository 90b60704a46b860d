"""The people of an organisation. A person is `active`, `invited` (has not come yet), or `inactive`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Q, QuerySet

from ringround.infra import clock
from ringround.kernel.errors import NotFound
from ringround.kernel.ids import parse_id
from ringround.kernel.text import fold, sort_key
from ringround.orgs.actor import Actor
from ringround.orgs.models import Invitation, Membership, Organisation, Team, User
from ringround.orgs.permissions import require
from ringround.orgs.queries.invitations import WAITING


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user in an organisation, as lists and other rooms see them."""

    id: UUID
    membership_id: UUID
    organisation_id: UUID
    email: str
    name: str
    role: str
    team_id: UUID | None
    team: str | None
    external_id: str | None
    state: str
    language: str
    timezone: str
    created_at: datetime
    last_login: datetime | None = None
    mfa: bool = False
    invitation_id: UUID | None = None
    invitation_expires_at: datetime | None = None

    @property
    def shown(self) -> str:
        """The name, else the address."""
        return self.name or self.email


def _people(rows: QuerySet[Membership]) -> list[Person]:
    with_mfa = Exists(Authenticator.objects.filter(user_id=OuterRef("user_id"), type=Authenticator.Type.TOTP))
    found = list(rows.select_related("user", "team").annotate(has_mfa=with_mfa))
    waiting = [row for row in found if not row.active]
    invitations: dict[tuple[UUID, str], Invitation] = {}
    if waiting:
        for one in Invitation.objects.filter(
            WAITING,
            organisation_id__in={row.organisation_id for row in waiting},
            email__in=[row.user.email for row in waiting],
        ).order_by("created_at"):
            invitations[(one.organisation_id, one.email)] = one
    return [_person(row, invitations.get((row.organisation_id, row.user.email))) for row in found]


def _person(row: Membership, invitation: Invitation | None) -> Person:
    # What an invited user calls themselves elsewhere is not this organisation's to see before they come.
    name = invitation.name if invitation is not None else row.user.name
    return Person(
        id=row.user_id,
        membership_id=row.id,
        organisation_id=row.organisation_id,
        email=row.user.email,
        name=name,
        role=row.role,
        team_id=row.team_id,
        team=row.team.name if row.team is not None else None,
        external_id=row.external_id,
        state="active" if row.active else "invited" if invitation is not None else "inactive",
        language=row.user.language,
        timezone=row.user.timezone,
        created_at=row.created_at,
        last_login=row.user.last_login if row.active else None,
        mfa=row.active and bool(getattr(row, "has_mfa", False)),
        invitation_id=invitation.id if invitation is not None else None,
        invitation_expires_at=invitation.expires_at if invitation is not None else None,
    )


def user_list(
    *, actor: Actor, team: UUID | None = None, after: tuple[datetime, UUID] | None = None, size: int = 50
) -> list[Person]:
    """The people of the actor's organisation, or of one team, newest first, by cursor (membership's time and id)."""
    require(actor, "orgs.users.read")
    rows = Membership.objects.filter(organisation=actor.organisation)
    if team is not None:
        rows = rows.filter(team=team)
    if after is not None:
        rows = rows.filter(Q(created_at__lt=after[0]) | Q(created_at=after[0], id__lt=after[1]))
    return _people(rows.order_by("-created_at", "-id")[:size])


def user_get(*, actor: Actor, user_id: UUID) -> Person:
    """One person of the actor's organisation, whatever their state; NotFound."""
    found = _people(Membership.objects.filter(organisation=actor.organisation, user_id=user_id))
    if not found:
        raise NotFound("user")
    require(actor, "orgs.users.read")
    return found[0]


def members(
    *,
    organisation_ids: Iterable[UUID],
    roles: Sequence[str] | None = None,
    states: Sequence[str] = ("active",),
    q: str = "",
    user_ids: Iterable[UUID] | None = None,
) -> list[Person]:
    """People of these organisations by name, for rooms that have asked for permission themselves.

    `q` is looked for in name, address and external id, without regard to accents and case.
    """
    rows = Membership.objects.filter(organisation_id__in=set(organisation_ids))
    if roles is not None:
        rows = rows.filter(role__in=roles)
    if set(states) == {"active"}:
        rows = rows.filter(active=True, user__is_active=True)
    if user_ids is not None:
        rows = rows.filter(user_id__in=set(user_ids))
    wanted = fold(q)
    people = [
        one
        for one in _people(rows)
        if one.state in states and (not wanted or wanted in fold(f"{one.name} {one.email} {one.external_id or ''}"))
    ]
    return sorted(people, key=lambda one: (sort_key(one.shown), one.id))


def owners_of(*, organisation_id: UUID) -> list[Person]:
    """Whom to tell what an organisation must know. A managed merchant has nobody of its own: its agency's owners."""
    organisation = Organisation.objects.get(id=organisation_id)
    return members(organisation_ids=[organisation.managed_by_id or organisation_id], roles=["owner"])


def member_get(*, organisation_ids: Iterable[UUID], user_id: UUID) -> Person | None:
    """The active member with this id in one of the organisations."""
    found = members(organisation_ids=organisation_ids, user_ids=[user_id])
    return found[0] if found else None


def member_find(
    *, organisation_ids: Iterable[UUID], ref: str | UUID, states: Sequence[str] = ("active",)
) -> Person | None:
    """A member by id, address or external id, as callers and column values name people."""
    rows = Membership.objects.filter(organisation_id__in=set(organisation_ids))
    user_id = parse_id(ref)
    if user_id is not None:
        rows = rows.filter(user_id=user_id)
    else:
        written = str(ref).strip()
        rows = rows.filter(Q(user__email=written.lower()) | Q(external_id=written))
    if set(states) == {"active"}:
        rows = rows.filter(active=True, user__is_active=True)
    found = [one for one in _people(rows) if one.state in states]
    # An address says more than an external id that happens to look like another's address.
    return min(found, key=lambda one: one.email != str(ref).strip().lower(), default=None)


def member_count(*, organisation_id: UUID) -> int:
    """How many active members there are."""
    return Membership.objects.filter(organisation_id=organisation_id, active=True).count()


def user_names(*, user_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Names by id, also of people who have left: for lists and timelines of what they did."""
    wanted = {one for one in user_ids if one is not None}
    if not wanted:
        return {}
    return {one.id: str(one) for one in User.objects.filter(id__in=wanted).only("id", "name", "email")}


@dataclass(frozen=True, slots=True)
class TeamRow:
    """A team, and who is in it: active members, and those who are invited into it."""

    id: UUID
    name: str
    people: tuple[UUID, ...] = ()

    @property
    def members(self) -> int:
        return len(self.people)


def members_of(organisation_ids: Iterable[UUID]) -> list[Person]:
    """Who may be in a team of these organisations, by name."""
    return members(organisation_ids=organisation_ids, states=("active", "invited"))


def team_list(*, actor: Actor) -> list[TeamRow]:
    """The teams of the actor's organisation by name."""
    require(actor, "orgs.users.read")
    people: dict[UUID | None, list[UUID]] = {}
    for one in members_of([actor.org_id]):
        people.setdefault(one.team_id, []).append(one.id)
    return [TeamRow(one.id, one.name, tuple(people.get(one.id, ()))) for one in teams(organisation_ids=[actor.org_id])]


def teams(*, organisation_ids: Iterable[UUID]) -> list[Team]:
    """Teams of these organisations by name, for rooms that have asked for permission themselves."""
    found = Team.objects.filter(organisation__in=set(organisation_ids))
    return sorted(found, key=lambda one: (sort_key(one.name), one.id))


def team_get(*, actor: Actor, team: UUID | str) -> Team:
    """A team of the actor's organisation by id or name; NotFound."""
    team_id = parse_id(team)
    by = Q(id=team_id) if team_id is not None else Q(name=str(team))
    found = Team.objects.filter(by, organisation=actor.organisation).first()
    if found is None:
        raise NotFound("team")
    return found


def invitations_open(*, organisation_id: UUID) -> int:
    """How many invitations wait for an answer."""
    return Invitation.objects.filter(WAITING, organisation_id=organisation_id, expires_at__gt=clock.real_now()).count()
