"""What leaves this room: facts about people and links that upper rooms react to.

Their order within an organisation is `organisation.event_no`, drawn under the organisation's lock.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar
from uuid import UUID

from ringround.infra import events
from ringround.infra.event_types import declare
from ringround.orgs.models import Organisation

_LINK = {"merchant": "the merchant's id", "agency": "the agency's id, or null where the token was not used yet"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fact:
    type: ClassVar[str]
    subject_type: ClassVar[str]

    subject_id: UUID

    def record(self, organisation: Organisation, *, also_org_id: UUID | None = None) -> None:
        """Write the event; `organisation` is locked by the caller, and its number goes up."""
        organisation.event_no += 1
        organisation.save(update_fields=["event_no"])
        data: dict[str, Any] = {
            key: str(value) if isinstance(value, UUID) else value
            for key, value in asdict(self).items()
            if key != "subject_id"
        }
        events.record(
            org_id=organisation.id,
            also_org_id=also_org_id,
            type=self.type,
            subject_type=self.subject_type,
            subject_id=self.subject_id,
            subject_no=organisation.event_no,
            data=data,
        )


_CLIENT = {"agency": "the agency's id", "user": "who did it, by id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationCreated(_Fact):
    """An agency made a merchant that it manages."""

    type = declare(
        "orgs.organisation.created", "An agency made a client that it manages.", subject="organisation", data=_CLIENT
    )
    subject_type = "organisation"
    agency: UUID
    user: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationHandedOver(_Fact):
    """A managed merchant has an owner of its own: its agency has only what its link gives."""

    type = declare(
        "orgs.organisation.handed_over",
        "A managed merchant was taken over by an owner of its own. Its agency keeps its link, and nothing else.",
        subject="organisation",
        data=_CLIENT | {"user": "the new owner's id"},
    )
    subject_type = "organisation"
    agency: UUID
    user: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationClosing(_Fact):
    """The work for a managed merchant is over: nobody acts for it any more, its data is being deleted."""

    type = declare(
        "orgs.organisation.closing",
        "The deletion of a managed merchant's data has begun: nobody acts or calls for it any more.",
        subject="organisation",
        data=_CLIENT,
    )
    subject_type = "organisation"
    agency: UUID
    user: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationClosed(_Fact):
    """All of a managed merchant's data is deleted."""

    type = declare(
        "orgs.organisation.closed",
        "A managed merchant's data is deleted; bare counts stay.",
        subject="organisation",
        data={"agency": "the agency's id"},
    )
    subject_type = "organisation"
    agency: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationChanged(_Fact):
    """Settings were changed: `fields` names which."""

    type = declare(
        "orgs.organisation.changed",
        "Settings of an organisation were changed.",
        subject="organisation",
        data={"fields": "the names of the settings"},
    )
    subject_type = "organisation"
    fields: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserJoined(_Fact):
    """A user became an active member, by sign-up, by invitation, or again."""

    type = declare(
        "orgs.user.joined",
        "A user became an active member.",
        subject="user",
        data={"role": "the member's role"},
    )
    subject_type = "user"
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRoleChanged(_Fact):
    """A member has another role; what they hold may have to go."""

    type = declare(
        "orgs.user.role_changed",
        "A member has another role.",
        subject="user",
        data={"before": "the role before", "after": "the role now"},
    )
    subject_type = "user"
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDeactivated(_Fact):
    """A member may do nothing more here: what they hold is to be let go at once."""

    type = declare("orgs.user.deactivated", "A member was deactivated.", subject="user")
    subject_type = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyLinkClaimed(_Fact):
    """An agency may from now on be given the merchant's campaigns."""

    type = declare(
        "orgs.agency_link.claimed", "An agency was connected to a merchant.", subject="agency_link", data=_LINK
    )
    subject_type = "agency_link"
    merchant: UUID
    agency: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyLinkRevoked(_Fact):
    """The agency sees nothing more of the merchant; its agents are to be taken off at once."""

    type = declare(
        "orgs.agency_link.revoked",
        "An agency was disconnected from a merchant, or its token withdrawn.",
        subject="agency_link",
        data=_LINK,
    )
    subject_type = "agency_link"
    merchant: UUID
    agency: UUID | None
