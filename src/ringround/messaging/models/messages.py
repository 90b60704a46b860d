"""Messages: the outbox and its history in one table, and what came in."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from ringround.kernel.ids import new_id

STATUSES = ("queued", "skipped", "sent", "failed", "delivered", "bounced", "received")


class Message(models.Model):
    """One SMS or e-mail. States and their order: `rules.delivery`."""

    class Direction(models.TextChoices):
        OUT = "out"
        IN = "in"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False)
    channel = models.TextField()
    direction = models.TextField(default="out")
    # The writer's own, or of one that came in the provider's: a repetition is recognised by it.
    key = models.TextField()
    # The agency that had it sent, which may hear of it too.
    agency = models.ForeignKey("orgs.Organisation", null=True, on_delete=models.SET_NULL, related_name="+")
    # Not checked by the database: one contact that has just gone must not stop a batch of others.
    contact = models.ForeignKey(
        "contacts.Contact", null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False
    )
    # Of rooms above: plain ids.
    lead_id = models.UUIDField(null=True)
    campaign_id = models.UUIDField(null=True)
    # The other party's number or address, empty where there is none. `sender` is ours.
    to = models.TextField(default="", blank=True)
    sender = models.TextField(default="", blank=True)
    # The sender is its transport's own, as it was when that took the message: by another transport it is from another.
    sender_lent = models.BooleanField(default=False, db_default=False)
    template = models.ForeignKey(
        "messaging.Template", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    language = models.TextField(default="", blank=True)
    subject = models.TextField(default="", blank=True)
    text = models.TextField(default="", blank=True)
    html = models.TextField(default="", blank=True)
    # Parts of an SMS; 1 for an e-mail.
    parts = models.SmallIntegerField(default=1)
    # Which message by this template to this lead, from 1.
    nth = models.IntegerField(default=1)
    status = models.TextField()
    # A code (`texts.REASONS`), and what it is about: a field's name, what a server said.
    reason = models.TextField(default="", blank=True)
    detail = models.TextField(default="", blank=True)
    # When it may not be written to: {"from": "21:00", "to": "08:00", "zone": "Europe/Copenhagen"}; beside the
    # organisation's own.
    quiet = models.JSONField(null=True)
    # Who wrote it, and which event or run led to it.
    by_id = models.UUIDField(null=True)
    cause = models.JSONField(null=True)
    # Business time. While it is queued, when it is due.
    at = models.DateTimeField()
    next_at = models.DateTimeField()
    # The courier's; the lease is real time. Tries that were made, and how often it may have gone without our knowing.
    lease_until = models.DateTimeField(null=True)
    claim_no = models.IntegerField(default=0)
    tries = models.SmallIntegerField(default=0)
    # Since when it is held up by transports that are down; business time.
    held_since = models.DateTimeField(null=True)
    doubts = models.SmallIntegerField(default=0)
    transport = models.ForeignKey(
        "messaging.Transport", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    provider_id = models.TextField(default="", blank=True)
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    machine_opened_at = models.DateTimeField(null=True)
    clicked_at = models.DateTimeField(null=True)
    event_no = models.BigIntegerField(default=1)

    class Meta:
        db_table = "messaging_message"
        constraints = (
            models.UniqueConstraint(fields=["organisation", "key"], name="message_key_once"),
            models.CheckConstraint(condition=Q(channel__in=["sms", "email"]), name="message_channel"),
            models.CheckConstraint(condition=Q(direction__in=["out", "in"]), name="message_direction"),
            models.CheckConstraint(condition=Q(status__in=STATUSES), name="message_status"),
            models.CheckConstraint(
                condition=Q(direction="in", status="received") | (Q(direction="out") & ~Q(status="received")),
                name="message_received_in",
            ),
        )
        indexes = (
            # What is due and belongs to no transport yet, for the courier; and what stays with one.
            models.Index(
                fields=["organisation", "channel", "next_at", "id"],
                name="message_due_fresh",
                condition=Q(status="queued", transport__isnull=True),
            ),
            models.Index(
                fields=["transport", "next_at", "id"],
                name="message_due_handed",
                condition=Q(status="queued", transport__isnull=False),
            ),
            # What time makes due, for the virtual clock.
            models.Index(fields=["next_at"], name="message_next", condition=Q(status="queued")),
            # What is under way by each transport, and what was left under way.
            models.Index(
                fields=["transport", "lease_until"],
                name="message_leased",
                condition=Q(status="queued", lease_until__isnull=False),
            ),
            # A lead's messages, newest first; and how many by a template it has had.
            models.Index(fields=["lead_id", "-at", "-id"], name="message_lead", condition=Q(lead_id__isnull=False)),
            # Those to the leads of campaigns, and those that an agent has sent, newest first.
            models.Index(
                fields=["campaign_id", "-at", "-id"], name="message_campaign", condition=Q(campaign_id__isnull=False)
            ),
            models.Index(fields=["by_id", "-at", "-id"], name="message_by", condition=Q(by_id__isnull=False)),
            # The log of an organisation, newest first.
            models.Index(fields=["organisation", "-at", "-id"], name="message_log"),
            # How often somebody was written to of late (caps); whom an answer is from.
            models.Index(fields=["organisation", "channel", "to", "-sent_at"], name="message_to"),
            # What a receipt is about.
            models.Index(fields=["transport", "provider_id"], name="message_provider", condition=~Q(provider_id="")),
        )
