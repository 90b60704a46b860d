"""Organisations, people and the permissions between them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from ringround.kernel.ids import new_id


class Organisation(models.Model):
    """A tenant. An in-house team is a merchant that is its own agency; a managed merchant has `managed_by`."""

    class Kind(models.TextChoices):
        MERCHANT = "merchant"  # owns contacts, campaigns, agreements
        AGENCY = "agency"  # makes the contacts on a merchant's behalf

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.TextField(choices=Kind.choices)
    name = models.TextField()
    managed_by = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    # The work for a managed merchant is over: since the first nobody acts or calls for it, at the second all is gone.
    closing_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    # Settings of the organisation; names as in the API.
    four_eyes = models.BooleanField(default=False)
    mfa_required = models.BooleanField(default=False)
    callback_max_days = models.PositiveIntegerField(default=90)
    callbacks_per_agent = models.PositiveIntegerField(default=200)
    region = models.TextField(default="DK")
    language = models.TextField(default="da")
    timezone = models.TextField(default="Europe/Copenhagen")
    currency = models.TextField(default="DKK")
    pause_reasons = ArrayField(models.TextField(), default=list)
    event_no = models.BigIntegerField(default=0)

    class Meta:
        db_table = "orgs_organisation"
        constraints = (
            models.CheckConstraint(condition=models.Q(kind__in=["merchant", "agency"]), name="organisation_kind"),
            models.CheckConstraint(
                condition=models.Q(managed_by__isnull=True) | models.Q(kind="merchant"),
                name="organisation_managed_kind",
            ),
        )
        indexes = (
            # An agency's clients; and whose client somebody may act for, on every request of theirs.
            models.Index(
                fields=["managed_by", "-created_at", "-id"],
                name="organisation_clients",
                condition=models.Q(managed_by__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """A person who signs in. What they may do is in their memberships."""

    class Theme(models.TextChoices):
        AUTO = "auto"
        LIGHT = "light"
        DARK = "dark"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Kept in lower case; see UserManager.
    email = models.EmailField(max_length=254, unique=True)
    name = models.TextField(default="", blank=True)
    language = models.TextField(default="da")
    timezone = models.TextField(default="Europe/Copenhagen")
    theme = models.TextField(choices=Theme.choices, default=Theme.AUTO)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()
    # The active memberships, oldest first, where they were read together with the user; see `queries.user_signed_in`.
    read_memberships: list[Membership] | None = None

    class Meta:
        db_table = "orgs_user"
        constraints = (models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_lower"),)

    def __str__(self) -> str:
        return self.name or self.email


class Team(models.Model):
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    name = models.TextField()

    class Meta:
        db_table = "orgs_team"
        constraints = (models.UniqueConstraint(fields=["organisation", "name"], name="team_name_once"),)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A user's place in an organisation."""

    class Role(models.TextChoices):
        OWNER = "owner"
        MANAGER = "manager"
        SUPERVISOR = "supervisor"
        SENIOR_AGENT = "senior_agent"
        JUNIOR_AGENT = "junior_agent"
        QUALITY = "quality"
        VIEWER = "viewer"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.TextField(choices=Role.choices)
    team = models.ForeignKey(Team, null=True, on_delete=models.SET_NULL, related_name="+")
    # The agent's id in another system (a CRM, a pre-assignment column).
    external_id = models.TextField(null=True)  # null, so that the unique constraint lets many be without
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "orgs_membership"
        constraints = (
            models.UniqueConstraint(fields=["organisation", "user"], name="membership_once"),
            models.UniqueConstraint(fields=["organisation", "external_id"], name="membership_external_once"),
            models.CheckConstraint(
                condition=models.Q(
                    role__in=["owner", "manager", "supervisor", "senior_agent", "junior_agent", "quality", "viewer"]
                ),
                name="membership_role",
            ),
        )


class Invitation(models.Model):
    """An invitation by e-mail; the token is stored hashed and works once.

    One into a managed merchant is the offer to hand it over: with its acceptance the management ends.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    email = models.EmailField(max_length=254)
    name = models.TextField(default="", blank=True)
    role = models.TextField(choices=Membership.Role.choices)
    team = models.ForeignKey(Team, null=True, on_delete=models.SET_NULL, related_name="+")
    token_hash = models.TextField(unique=True)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "orgs_invitation"


class AgencyLink(models.Model):
    """A merchant's permission for an agency to work the campaigns it is given. Live: claimed and not revoked."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    agency = models.ForeignKey(Organisation, null=True, on_delete=models.CASCADE, related_name="+")
    token_hash = models.TextField(unique=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "orgs_agency_link"
        constraints = (
            # At most one live link between two organisations.
            models.UniqueConstraint(
                fields=["merchant", "agency"],
                condition=models.Q(claimed_at__isnull=False, revoked_at__isnull=True),
                name="agency_link_live_once",
            ),
        )


class ApiToken(models.Model):
    """A token of a user or of an external system. Shown once, stored hashed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    # An external system of the organisation: an upper room keeps the system, the token knows its id.
    system_id = models.UUIDField(null=True)
    name = models.TextField()
    token_hash = models.TextField(unique=True)
    scopes = ArrayField(models.TextField(), default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "orgs_api_token"
