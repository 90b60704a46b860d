"""Signing up an organisation, and its settings."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from ringround.infra import audit, clock
from ringround.kernel import text
from ringround.kernel.errors import Conflict, Invalid
from ringround.kernel.messages import N_
from ringround.orgs import rules
from ringround.orgs.actions._common import check_password, clean_email, clean_name, lock
from ringround.orgs.actor import Actor
from ringround.orgs.events import OrganisationChanged, UserJoined
from ringround.orgs.models import Membership, Organisation, User
from ringround.orgs.permissions import require


@transaction.atomic
def organisation_create(
    *, kind: str, name: str, email: str, owner_name: str, password: str | None, language: str = "da", timezone: str = ""
) -> Actor:
    """Sign up a merchant or an agency with its owner; returns the owner as an actor.

    The owner is a new user: someone who has an account is invited instead. Without a password the owner gets one by
    "forgotten password".
    """
    if kind not in Organisation.Kind.values:
        raise Invalid.one("kind", "unknown_choice", N_("This is not one of the choices."))
    organisation_name = clean_name(name, "organisation")
    address = clean_email(email)
    owner = User(email=address, name=clean_name(owner_name), language=language if language in rules.LANGUAGES else "da")
    if timezone and rules.timezone_fault(timezone) is None:
        owner.timezone = timezone
    if password is not None:
        check_password(password, owner)
    owner.set_password(password)
    try:
        # Its own savepoint: two sign-ups with one address at the same moment, past the check of the form.
        with transaction.atomic():
            owner.save(force_insert=True)
    except IntegrityError:
        raise Conflict("email_taken", N_("There is an account with this e-mail address already.")) from None
    organisation = Organisation.objects.create(
        kind=kind, name=organisation_name, created_at=clock.now(), language=owner.language, timezone=owner.timezone
    )
    Membership.objects.create(organisation=organisation, user=owner, role=Membership.Role.OWNER)
    actor = Actor(user=owner, organisation=organisation, home=organisation, role="owner")
    UserJoined(subject_id=owner.id, role="owner").record(organisation)
    audit.write(
        actor=actor,
        action="orgs.organisation.created",
        org_id=organisation.id,
        subject_type="organisation",
        subject_id=organisation.id,
        data={"kind": kind},
    )
    return actor


@transaction.atomic
def organisation_change(*, actor: Actor, **fields: Any) -> Organisation:
    """Change settings of the acting organisation; every fault is named. Names as in the API."""
    require(actor, "orgs.settings.change")
    faults = [fault for fault in (rules.setting_fault(name, value) for name, value in fields.items()) if fault]
    if faults:
        raise Invalid(faults)
    organisation = lock(actor.org_id)
    changed: dict[str, Any] = {}
    for name, value in fields.items():
        tidy = rules.clean_reasons(value) if name == "pause_reasons" else text.clean(value) if name == "name" else value
        if getattr(organisation, name) != tidy:
            setattr(organisation, name, tidy)
            changed[name] = tidy
    if not changed:
        return organisation
    organisation.save(update_fields=list(changed))
    OrganisationChanged(subject_id=organisation.id, fields=sorted(changed)).record(organisation)
    audit.write(
        actor=actor,
        action="orgs.organisation.changed",
        org_id=organisation.id,
        subject_type="organisation",
        subject_id=organisation.id,
        # The organisation's name and reasons are its own words; the rest are plain settings.
        data={"fields": sorted(changed)} | {k: v for k, v in changed.items() if k not in ("name", "pause_reasons")},
    )
    return organisation
