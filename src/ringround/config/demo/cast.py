"""The demo's organisations, people and tokens, made once by the product's own actions and told again ever after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher

from ringround.orgs import actions as orgs
from ringround.orgs.actor import Actor, system

PASSWORD = "ringround-demo-1"  # noqa: S105 - told to everybody who starts the demo


@dataclass
class Staff:
    """An organisation and its people, each ready to act."""

    owner: Actor
    people: dict[str, Actor] = field(default_factory=dict)
    agents: list[Actor] = field(default_factory=list)

    def __getitem__(self, role: str) -> Actor:
        return self.owner if role == "owner" else self.people[role]


@dataclass
class Cast:
    charity: Staff
    magazine: Staff
    agency: Staff
    outsider: Staff
    logins: list[dict[str, str]] = field(default_factory=list)
    tokens: dict[str, Any] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """What `demo --json` says beside the address."""
        return {"logins": self.logins, **self.tokens}


# first name, last name, role, external id
_CHARITY = (
    ("Mette", "Holm", "manager"),
    ("Søren", "Friis", "manager"),
    ("Lone", "Bach", "supervisor"),
    ("Signe", "Dahl", "senior_agent"),
    ("Jonas", "Toft", "junior_agent"),
    ("Karla", "Winther", "quality"),
    ("Viggo", "Lund", "viewer"),
)
_CHARITY_AGENTS = (
    "Ida Krogh",
    "Emil Skov",
    "Freja Bruun",
    "Asger Hald",
    "Clara Berg",
    "Malthe Iversen",
    "Laura Frandsen",
    "August Nygaard",
    "Nanna Bech",
    "Oscar Kjær",
)
_AGENCY_AGENTS = (
    "Mathilde Ørum",
    "Rasmus Ågård",
    "Cecilie Østergaard",
    "Kasper Bak",
    "Julie Eriksen",
    "Simon Lauridsen",
    "Trine Vestergaard",
    "Magnus Poulsen",
    "Sanne Mikkelsen",
    "Noah Thomsen",
    "Rikke Jakobsen",
    "Anders Knudsen",
)


@contextmanager
def _quick_passwords() -> Iterator[None]:
    """Forty passwords that everybody is told need no slow hash. The first sign-in with one replaces it: a hash says
    what it cost, and Django makes anew what was cheaper than now."""
    slow = {name: getattr(Argon2PasswordHasher, name) for name in ("time_cost", "memory_cost", "parallelism")}
    Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost, Argon2PasswordHasher.parallelism = 1, 256, 1
    try:
        yield
    finally:
        for name, cost in slow.items():
            setattr(Argon2PasswordHasher, name, cost)


@_quick_passwords()
def make() -> Cast:
    """All organisations with their people."""
    charity = _organisation("merchant", "Hjælp på Vej", "Olivia Møller", "hjaelp")
    logins: list[dict[str, str]] = []
    tokens: dict[str, Any] = {}
    made = Cast(
        charity=charity,
        magazine=_organisation("merchant", "Magasinet Nord", "Henrik Aagaard", "nord"),
        agency=_organisation("agency", "Ringhuset", "Birgitte Sørensen", "ringhuset"),
        outsider=_organisation("merchant", "Fremmed Forening", "Ulla Petersen", "fremmed"),
        logins=logins,
        tokens=tokens,
    )
    for number, (first, last, role) in enumerate(_CHARITY):
        key = "manager2" if number == 1 else role
        made.charity.people[key] = _member(made.charity.owner, f"{first} {last}", role, "hjaelp")
    made.charity.agents = [made.charity["senior_agent"], made.charity["junior_agent"]]
    for number, name in enumerate(_CHARITY_AGENTS):
        role = "senior_agent" if number % 4 == 0 else "junior_agent"
        made.charity.agents.append(_member(made.charity.owner, name, role, "hjaelp", f"H-{number + 1:02d}"))
    made.magazine.people["supervisor"] = _member(made.magazine.owner, "Dorthe Rasmussen", "supervisor", "nord")
    made.magazine.agents = [
        _member(made.magazine.owner, "Line Pedersen", "senior_agent", "nord"),
        _member(made.magazine.owner, "Per Christiansen", "junior_agent", "nord"),
    ]
    made.agency.people["manager"] = _member(made.agency.owner, "Thomas Winther", "manager", "ringhuset")
    made.agency.people["supervisor"] = _member(made.agency.owner, "Hanne Madsen", "supervisor", "ringhuset")
    for number, name in enumerate(_AGENCY_AGENTS):
        role = "senior_agent" if number % 4 == 0 else "junior_agent"
        made.agency.agents.append(_member(made.agency.owner, name, role, "ringhuset", f"R-{number + 1:02d}"))
    _team(made.charity.owner, "Dagholdet", made.charity.agents[:6])
    _team(made.charity.owner, "Aftenholdet", made.charity.agents[6:])
    _team(made.agency.owner, "Hold Nord", made.agency.agents[:6])
    _team(made.agency.owner, "Hold Syd", made.agency.agents[6:])
    _link, token = orgs.agency_link_create(actor=made.magazine.owner)
    orgs.agency_link_claim(actor=made.agency.owner, token=token)
    _tell(made)
    return made


def _organisation(kind: str, name: str, owner: str, domain: str) -> Staff:
    email = f"{_mail(owner)}@{domain}.example.org"
    return Staff(
        orgs.organisation_create(kind=kind, name=name, email=email, owner_name=owner, password=PASSWORD, language="da")
    )


def _member(owner: Actor, name: str, role: str, domain: str, external_id: str | None = None) -> Actor:
    user = orgs.user_create(
        actor=system(owner.organisation),
        email=f"{_mail(name)}@{domain}.example.org",
        name=name,
        role=role,
        password=PASSWORD,
        external_id=external_id,
        language="da",
    )
    return Actor(user=user, organisation=owner.organisation, home=owner.organisation, role=role)


def _team(owner: Actor, name: str, people: list[Actor]) -> None:
    orgs.team_create(actor=owner, name=name, members=[str(one.user_id) for one in people])


def _mail(name: str) -> str:
    return name.split()[0].lower().replace("æ", "ae").replace("ø", "oe").replace("å", "aa")


def _token(actor: Actor, name: str) -> str:
    return orgs.token_create(actor=actor, name=f"demo {name}")[1]


def _tell(cast: Cast) -> None:
    for staff in (cast.charity, cast.magazine, cast.agency, cast.outsider):
        known = {actor.user_id: actor for actor in (staff.owner, *staff.people.values(), *staff.agents)}
        for actor in known.values():
            assert actor.user is not None
            cast.logins.append(
                {
                    "email": actor.user.email,
                    "password": PASSWORD,
                    "role": actor.role,
                    "organisation": actor.organisation.name,
                    "name": actor.user.name,
                }
            )
    charity, magazine, agency = cast.charity, cast.magazine, cast.agency
    agents = [_token(actor, f"agent {n + 1}") for n, actor in enumerate(charity.agents)]
    cast.tokens["tokens"] = {
        "owner": _token(charity.owner, "owner"),
        "manager": _token(charity["manager"], "manager"),
        "manager2": _token(charity["manager2"], "manager2"),
        "supervisor": _token(charity["supervisor"], "supervisor"),
        "senior_agent": agents[0],
        "junior_agent": agents[1],
        "agents": agents,
    }
    cast.tokens["orgs"] = {
        "charity": {"owner": cast.tokens["tokens"]["owner"], "id": str(charity.owner.org_id)},
        "magazine": {
            "id": str(magazine.owner.org_id),
            "owner": _token(magazine.owner, "owner"),
            "supervisor": _token(magazine["supervisor"], "supervisor"),
            "agents": [_token(actor, f"agent {n + 1}") for n, actor in enumerate(magazine.agents)],
        },
        "agency": {
            "id": str(agency.owner.org_id),
            "owner": _token(agency.owner, "owner"),
            "supervisor": _token(agency["supervisor"], "supervisor"),
            "agents": [_token(actor, f"agent {n + 1}") for n, actor in enumerate(agency.agents)],
        },
        "outsider": {"owner": _token(cast.outsider.owner, "owner"), "id": str(cast.outsider.owner.org_id)},
    }
