"""The lead, with its gates as columns, and what holds it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from ringround.campaigns.rules.place import ANYBODY
from ringround.kernel.ids import new_id


class Lead(models.Model):
    """A contact placed on a campaign.

    What makes it callable is kept on the row when something changes, so that the claim joins nothing:
    `queue` (which part of the order it stands in, null: in none), `for_agent` (to whom alone it may go, or `ANYBODY`),
    `zone` (when its hours are), `rank` and `rank_text` (its place within the queue), `turn_at` (the next moment at
    which time alone changes it), `numbers` (what may be dialled). `rules.place` computes them; nothing else does.
    """

    class Status(models.TextChoices):
        NEW = "new"
        AUTOMATIC_REDIAL = "automatic_redial"
        COMMON_REDIAL = "common_redial"
        PRIVATE_REDIAL = "private_redial"
        SUCCESS = "success"
        NOT_INTERESTED = "not_interested"
        UNQUALIFIED = "unqualified"
        INVALID = "invalid"
        EXHAUSTED = "exhausted"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, related_name="+", db_index=False)
    merchant = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False)
    # A contact that was worked is emptied and never deleted; one that goes takes its leads along by `retract`, which
    # counts them. Whoever forgets either is refused.
    contact = models.ForeignKey("contacts.Contact", on_delete=models.PROTECT, related_name="+", db_index=False)
    external_lead_id = models.TextField(null=True)
    status = models.TextField(choices=Status.choices, default=Status.NEW)
    active = models.BooleanField(default=True)
    attempts = models.IntegerField(default=0)
    priority = models.SmallIntegerField(default=50)
    urgent_at = models.DateTimeField(null=True)
    position = models.BigIntegerField()
    assigned_to = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    owner = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    next_contact_at = models.DateTimeField(null=True)
    no_callback_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    # Set when the expiry has been noticed and told; a change of `expires_at` clears it.
    expired = models.BooleanField(default=False)
    last_contacted_by = models.ForeignKey(
        "orgs.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    last_contacted_at = models.DateTimeField(null=True)
    result = models.JSONField(default=dict)
    # Counted towards the target since the last reset; so that no lead counts twice.
    engaged = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    # The lease: this lead is this agent's until then. `call_id`: a call under way.
    # No constraint in the database: it would look the agent up at each claim, which has just found them a member.
    reserved_by = models.ForeignKey(
        "orgs.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False, db_constraint=False
    )
    reserved_until = models.DateTimeField(null=True)
    reserved_at = models.DateTimeField(null=True)
    handout_rule = models.TextField(default="", blank=True)
    call_id = models.UUIDField(null=True)
    # The last call, where its lease ran out before its agent said what came of it: their disposition is of this call.
    unsaid_call_id = models.UUIDField(null=True)
    # Gates that are facts of elsewhere, copied on write.
    suppressed = models.BooleanField(default=False)
    deactivated = models.BooleanField(default=False)
    numbers = ArrayField(models.TextField(), default=list)
    # The booked callback's time until it has been told that it is due.
    callback_due_at = models.DateTimeField(null=True)
    zone = models.ForeignKey("campaigns.CampaignZone", on_delete=models.PROTECT, related_name="+", db_index=False)
    # The lead's text in the order `column:<name>`, kept from the contact.
    order_text = models.TextField(null=True, db_collation="C")
    # Placement.
    queue = models.SmallIntegerField(null=True)
    for_agent = models.UUIDField(default=ANYBODY)
    rank = models.BigIntegerField(default=0)
    rank_text = models.TextField(null=True, db_collation="C")
    turn_at = models.DateTimeField(null=True)
    event_no = models.BigIntegerField(default=0)

    class Meta:
        db_table = "campaigns_lead"
        # The statuses, and that a lease is whole, are held by the trigger `lead_sound` (sql/functions/lead_sound.sql).
        constraints = (
            # Also finds a contact's leads on all campaigns.
            models.UniqueConstraint(fields=["contact", "campaign"], name="lead_contact_once"),
            models.UniqueConstraint(
                fields=["campaign", "external_lead_id"],
                condition=models.Q(external_lead_id__isnull=False),
                name="lead_external_once",
            ),
        )
        # Each of these is written at each claim or at least looked at, so none is here that another can stand in for.
        indexes = (
            # The claim: first of a queue in a zone for anybody or for me.
            models.Index(
                fields=["campaign", "queue", "zone", "for_agent", "rank", "rank_text", "position", "id"],
                name="lead_claim",
                condition=models.Q(queue__isnull=False),
            ),
            # Time's own changes.
            models.Index(fields=["campaign", "turn_at"], name="lead_turn", condition=models.Q(turn_at__isnull=False)),
            # What an agent holds.
            models.Index(fields=["reserved_by"], name="lead_held", condition=models.Q(reserved_by__isnull=False)),
            # Callbacks of an agent.
            models.Index(
                fields=["owner", "next_contact_at"], name="lead_owner", condition=models.Q(owner__isnull=False)
            ),
            # Lists of leads: newest first, and by status.
            models.Index(fields=["campaign", "-id"], name="lead_newest"),
            models.Index(fields=["campaign", "status", "-id"], name="lead_by_status"),
            models.Index(
                fields=["campaign", "assigned_to", "-id"],
                name="lead_assigned",
                condition=models.Q(assigned_to__isnull=False),
            ),
            # By attempts and by last contact: the newest leads, which none of these finds, are not gone through. A lead
            # that was never tried is not in it, and so its claim does not write it.
            models.Index(
                fields=["campaign", "-id"],
                name="lead_tried",
                condition=models.Q(attempts__gt=0) | models.Q(last_contacted_at__isnull=False),
            ),
        )


class LeadNumber(models.Model):
    """What has happened on one number of a lead; made at the first call to it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="number_facts")
    number = models.TextField()
    attempts = models.IntegerField(default=0)
    outcome = models.TextField(default="", blank=True)
    last_at = models.DateTimeField(null=True)
    rating = models.SmallIntegerField(null=True)

    class Meta:
        db_table = "campaigns_lead_number"
        constraints = (models.UniqueConstraint(fields=["lead", "number"], name="lead_number_once"),)


class LeadSkip(models.Model):
    """An agent skipped this lead: not offered to them again until then."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    lead = models.ForeignKey(Lead, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey("orgs.User", on_delete=models.CASCADE, related_name="+", db_index=False)
    until = models.DateTimeField()

    class Meta:
        db_table = "campaigns_lead_skip"
        constraints = (models.UniqueConstraint(fields=["user", "lead"], name="lead_skip_once"),)


class NumberHold(models.Model):
    """A number of a merchant that is in a call, or reserved through a lead. One holder at a time, by the constraint."""

    merchant_id = models.UUIDField()
    number = models.TextField()
    lead_id = models.UUIDField()
    until = models.DateTimeField()

    pk = models.CompositePrimaryKey("merchant_id", "number")

    class Meta:
        db_table = "campaigns_number_hold"
        indexes = (models.Index(fields=["lead_id"], name="number_hold_lead"),)
