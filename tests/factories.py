"""The cast: two merchants, two agencies, an owner, a manager, a supervisor, senior and junior agents, and an outsider.

Made by plain inserts, since organisations and people are where every test begins; all after goes through actions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from ringround.infra import clock
from ringround.kernel.ids import new_id
from ringround.orgs.actor import Actor
from ringround.orgs.models import AgencyLink, Membership, Organisation, User

_serial = count(1)


def organisation(name: str, kind: str = "merchant", **settings: object) -> Organisation:
    return Organisation.objects.create(name=name, kind=kind, created_at=clock.now(), **settings)


def user(name: str) -> User:
    made = User(email=f"{name.lower().replace(' ', '.')}.{next(_serial)}@example.org", name=name, language="en")
    made.set_unusable_password()
    made.save()
    return made


def member(org: Organisation, role: str, name: str | None = None) -> Actor:
    """A new user with this role, ready to act for the organisation."""
    person = user(name or f"{role.replace('_', ' ').title()} of {org.name}")
    Membership.objects.create(organisation=org, user=person, role=role)
    return Actor(user=person, organisation=org, home=org, role=role)


def link(merchant: Organisation, agency: Organisation) -> AgencyLink:
    """A live agency link."""
    now = clock.now()
    return AgencyLink.objects.create(
        merchant=merchant, agency=agency, token_hash=str(new_id()), created_at=now, expires_at=now, claimed_at=now
    )


@dataclass
class Staff:
    """An organisation with one of each."""

    org: Organisation
    owner: Actor = field(init=False)
    manager: Actor = field(init=False)
    manager2: Actor = field(init=False)
    supervisor: Actor = field(init=False)
    senior: Actor = field(init=False)
    junior: Actor = field(init=False)
    quality: Actor = field(init=False)
    viewer: Actor = field(init=False)

    def __post_init__(self) -> None:
        self.owner = member(self.org, "owner", "Olga Owner")
        self.manager = member(self.org, "manager", "Mads Manager")
        self.manager2 = member(self.org, "manager", "Mia Manager")
        self.supervisor = member(self.org, "supervisor", "Sune Supervisor")
        self.senior = member(self.org, "senior_agent", "Signe Senior")
        self.junior = member(self.org, "junior_agent", "Jonas Junior")
        self.quality = member(self.org, "quality", "Karla Quality")
        self.viewer = member(self.org, "viewer", "Viggo Viewer")

    @property
    def actors(self) -> dict[str, Actor]:
        return {name: value for name, value in vars(self).items() if isinstance(value, Actor)}


@dataclass
class Cast:
    charity: Staff
    magazine: Staff
    agency: Staff
    agency2: Staff
    outsider: Actor


def cast() -> Cast:
    """The charity works in-house; the magazine has the agency; nobody knows the outsider."""
    made = Cast(
        charity=Staff(organisation("Hjælpen", "merchant", four_eyes=False)),
        magazine=Staff(organisation("Ugemagasinet", "merchant")),
        agency=Staff(organisation("Ringbureauet", "agency")),
        agency2=Staff(organisation("Andet Bureau", "agency")),
        outsider=member(organisation("Fremmed", "merchant"), "owner", "Ulla Udenfor"),
    )
    link(made.magazine.org, made.agency.org)
    return made
