"""What several actions do: lock, look after addresses and passwords, find a team."""

from __future__ import annotations

from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from ringround.kernel import text
from ringround.kernel.errors import Conflict, Fault, Invalid, NotFound
from ringround.kernel.ids import parse_id
from ringround.kernel.messages import N_
from ringround.orgs import rules
from ringround.orgs.actor import Actor
from ringround.orgs.models import Membership, Organisation, Team, User


def lock(organisation_id: UUID) -> Organisation:
    """The organisation, locked until the transaction ends: what is counted or numbered within it goes one by one."""
    return Organisation.objects.select_for_update(no_key=True).get(id=organisation_id)


def still_acting(*, actor: Actor) -> None:
    """Hold the actor's organisation until the transaction ends, and see that its work is not over and that whoever acts
    for it still does: before writing what would outlive that. Who asks was seen when the request began, and a file may
    have taken minutes since."""
    organisation = lock(actor.org_id)
    if organisation.closing_at is not None:
        raise Conflict("closed", N_("The work for this organisation is over."))
    if actor.acting_for is not None and organisation.managed_by_id != actor.home_id:
        words = N_("You no longer act for the organisation you had chosen. Nothing was done.")
        raise Conflict("acting_ended", words)


def check_has_users(organisation: Organisation) -> None:
    """Conflict for a managed merchant: its agency acts for it, until an owner of its own takes it over."""
    if organisation.managed_by_id is not None:
        words = N_("This organisation is run by its agency and has no users. Hand it over to an owner first.")
        raise Conflict("managed", words)


def clean_email(value: str, loc: str = "email") -> str:
    """A usable address in lower case; Invalid."""
    cleaned = text.clean(value).lower()
    try:
        validate_email(cleaned)
    except ValidationError:
        raise Invalid.one(loc, "bad_email", N_("This is not an e-mail address.")) from None
    if len(cleaned) > 254:
        raise Invalid.one(loc, "too_long", N_("At most %(limit)s characters.", limit=254))
    return cleaned


def clean_name(value: str, loc: str = "name", *, required: bool = True) -> str:
    """A tidied name; Invalid."""
    fault = rules.name_fault(loc, value, required=required)
    if fault is not None:
        raise Invalid([fault])
    return text.clean(value)


def check_role(role: str) -> None:
    """Invalid unless it is a role."""
    if role not in rules.ROLES:
        raise Invalid.one("role", "unknown_role", N_("There is no such role."))


def check_password(password: str, user: User, loc: str = "password") -> None:
    """Invalid with everything that is wrong with a new password."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid([Fault((loc,), "weak_password", message) for message in error.messages]) from None


def clean_external_id(organisation: Organisation, value: str | None, *, besides: UUID) -> str | None:
    """An id of the user in another system, or None; Invalid when somebody here has it already."""
    cleaned = text.clean(value or "")
    if not cleaned:
        return None
    if len(cleaned) > rules.MAX_EXTERNAL_ID:
        raise Invalid.one("external_id", "too_long", N_("At most %(limit)s characters.", limit=rules.MAX_EXTERNAL_ID))
    taken = Membership.objects.filter(organisation=organisation, external_id=cleaned).exclude(user_id=besides)
    if taken.exists():
        raise Invalid.one("external_id", "taken", N_("Another user has this id."))
    return cleaned


def find_team(organisation: Organisation, team: UUID | str | None) -> Team | None:
    """A team by id or name; Invalid when there is none such here."""
    if team is None or team == "":
        return None
    team_id = parse_id(team)
    found = Team.objects.filter(organisation=organisation)
    one = found.filter(id=team_id).first() if team_id is not None else found.filter(name=text.clean(str(team))).first()
    if one is None:
        raise Invalid.one("team", "unknown_team", N_("There is no such team."))
    return one


def trust_address(user: User) -> None:
    """Counts the user's address as proven: by an invitation sent there, or by an operator who made the user."""
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})


def membership_of(organisation: Organisation, user_id: UUID) -> Membership:
    """The membership, locked; NotFound. The organisation is locked before."""
    found = (
        Membership.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(organisation=organisation, user_id=user_id)
        .first()
    )
    if found is None:
        raise NotFound("user")
    return found
