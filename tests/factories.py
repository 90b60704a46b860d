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


def _user(name: str) -> User:
    made = User(email=f"{name.lower().replace(' ', '.')}.{next(_serial)}@example.org", name=name, language="en")
    made.set_unusable_password()
    return made


def user(name: str) -> User:
    made = _user(name)
    made.save()
    return made


def members(org: Organisation, *people: tuple[str, str]) -> list[Actor]:
    """New users, each with a role and a name, ready to act for the organisation."""
    users = User.objects.bulk_create(_user(name) for _, name in people)
    Membership.objects.bulk_create(
        Membership(organisation=org, user=one, role=role) for one, (role, _) in zip(users, people, strict=True)
    )
    return [
        Actor(user=one, organisation=org, home=org, role=role) for one, (role, _) in zip(users, people, strict=True)
    ]


def member(org: Organisation, role: str, name: str | None = None) -> Actor:
    """A new user with this role, ready to act for the organisation."""
    return members(org, (role, name or f"{role.replace('_', ' ').title()} of {org.name}"))[0]


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
        made = members(
            self.org,
            ("owner", "Olga Owner"),
            ("manager", "Mads Manager"),
            ("manager", "Mia Manager"),
            ("supervisor", "Sune Supervisor"),
            ("senior_agent", "Signe Senior"),
            ("junior_agent", "Jonas Junior"),
            ("quality", "Karla Quality"),
            ("viewer", "Viggo Viewer"),
        )
        self.owner, self.manager, self.manager2, self.supervisor = made[:4]
        self.senior, self.junior, self.quality, self.viewer = made[4:]

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
