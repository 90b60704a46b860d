"""Who acts, and for which organisation: the first argument of every query and action of the upper rooms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from ringround.orgs.models import Organisation, User

# The type of what an actor acts for is anybody's to name; its rows are this room's to read.
__all__ = ["ALL_SCOPES", "Actor", "Organisation", "system"]

ALL_SCOPES: frozenset[str] = frozenset({"*"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A user (or an external system, or the product itself) in an acting organisation.

    `organisation` is the one whose data is looked at. When an agency's user acts for a managed merchant it is that
    merchant, and `home` is the agency. `role` is the membership's in `home`.
    """

    user: User | None
    organisation: Organisation
    role: str
    home: Organisation | None = None
    scopes: frozenset[str] = field(default=ALL_SCOPES)
    via: Literal["session", "token", "system"] = "session"
    token_id: UUID | None = None
    system_id: UUID | None = None
    # An organisation of the user asks for a second factor and there is none: nothing but setting it up is allowed.
    mfa_missing: bool = False

    @property
    def org_id(self) -> UUID:
        return self.organisation.id

    @property
    def user_id(self) -> UUID | None:
        return self.user.id if self.user is not None else None

    @property
    def acting_for(self) -> Organisation | None:
        """The managed merchant acted for, or None when acting for one's own organisation."""
        return self.organisation if self.home is not None and self.home.id != self.organisation.id else None

    @property
    def home_id(self) -> UUID:
        """The organisation acted from: what the audit says of whoever acts for another."""
        return (self.home or self.organisation).id

    @property
    def audit_type(self) -> str:
        if self.user is not None:
            return "user"
        return "external_system" if self.system_id is not None else "system"

    @property
    def audit_id(self) -> UUID | None:
        return self.user_id or self.system_id


def system(organisation: Organisation) -> Actor:
    """The product itself, acting on time that has passed or on an event of a lower room."""
    return Actor(user=None, organisation=organisation, role="system", via="system")
