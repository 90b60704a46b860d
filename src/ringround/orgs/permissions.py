"""The one permission table: each room declares its own permissions, the wiring collects them here.

A permission is `<room>.<what>` and names the roles that have it. owner ⊇ manager ⊇ supervisor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ringround.kernel.errors import Forbidden
from ringround.orgs.actor import Actor

OWNER = frozenset({"owner"})
MANAGER = OWNER | {"manager"}
SUPERVISOR = MANAGER | {"supervisor"}
AGENT = SUPERVISOR | {"senior_agent", "junior_agent"}
QUALITY = SUPERVISOR | {"quality"}
READER = SUPERVISOR | {"quality", "viewer"}
ANYONE = AGENT | {"quality", "viewer"}

PERMISSIONS: dict[str, frozenset[str]] = {
    "orgs.settings.read": READER,
    "orgs.settings.change": OWNER,
    "orgs.users.read": SUPERVISOR,
    "orgs.users.change": MANAGER,
    "orgs.users.change_owner": OWNER,
    "orgs.teams.change": MANAGER,
    "orgs.links.read": MANAGER,
    "orgs.links.change": MANAGER,
    "orgs.clients.read": MANAGER,
    "orgs.clients.change": MANAGER,
    # Acting for a client: what may be done there is then asked of the same role.
    "orgs.clients.act": MANAGER,
    "orgs.clients.hand_over": OWNER,
    "orgs.tokens.own": ANYONE,
    "orgs.tokens.all": OWNER,
    "orgs.audit.read": OWNER,
    "orgs.events.read": MANAGER,
}

_table: dict[str, frozenset[str]] = dict(PERMISSIONS)
_apart: set[str] = set()


def declare_apart(names: Iterable[str]) -> None:
    """Permissions that no room's scope opens: a token has them by `*` or by their full name alone. By the wiring."""
    for name in names:
        if name not in _table:
            raise ValueError(f"there is no permission {name}")
        _apart.add(name)


def apart() -> frozenset[str]:
    """Those that no room's scope opens."""
    return frozenset(_apart)


def declare(permissions: Mapping[str, frozenset[str]]) -> None:
    """Add a room's permissions to the table; called once for each room by the wiring."""
    for name, roles in permissions.items():
        if _table.setdefault(name, roles) != roles:
            raise ValueError(f"the permission {name} is declared twice")


def table() -> dict[str, frozenset[str]]:
    """The whole table, for the check, the docs and the tests."""
    return dict(_table)


def role_has(role: str, permission: str) -> bool:
    """Whether a role has a permission, whatever a token of it may do."""
    return role in _table[permission]


def allows(actor: Actor, permission: str) -> bool:
    """Whether the actor's role has the permission and the token, if any, the scope for it."""
    roles = _table[permission]  # an unknown permission is a bug, so KeyError
    if actor.role != "system" and actor.role not in roles:
        return False
    # What a token may change it may read: every change is answered with what became of it.
    room, change = permission.split(".", 1)[0], permission.removesuffix(".read") + ".change"
    opened_by = {"*", permission, change} if permission in _apart else {"*", room, permission, change}
    return not actor.scopes.isdisjoint(opened_by)


def require(actor: Actor, permission: str) -> None:
    """Raise Forbidden unless allowed."""
    if not allows(actor, permission):
        raise Forbidden(permission)
