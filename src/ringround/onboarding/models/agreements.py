"""What was promised and what is collected: agreements, mandates, subscriptions, charges and refunds.

Money is whole minor units. Rows outlive the erasure of their contact: accounting is kept.
"""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Coalesce

from ringround.kernel.ids import new_id

SCHEDULES = ("monthly", "quarterly", "half_yearly", "yearly", "single")


class Agreement(models.Model):
    """What somebody has promised, as they were told it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False)
    # Not checked by the database; null once the contact is erased.
    contact = models.ForeignKey(
        "contacts.Contact", null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False
    )
    # Who won it.
    agency = models.ForeignKey("orgs.Organisation", null=True, on_delete=models.SET_NULL, related_name="+")
    campaign = models.ForeignKey(
        "campaigns.Campaign", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    workflow_version = models.ForeignKey("onboarding.WorkflowVersion", on_delete=models.PROTECT, related_name="+")
    product = models.TextField()
    payment_type = models.TextField()
    name = models.TextField()
    description = models.TextField(default="", blank=True)
    purpose_code = models.TextField(default="", blank=True)
    tax_deductible = models.BooleanField(default=False)
    metadata = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "onboarding_agreement"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(payment_type__in=["recurring", "single"]), name="agreement_payment_type"
            ),
        )
        # The list of a merchant, newest first.
        indexes = (models.Index(fields=["merchant", "-created_at", "-id"], name="agreement_merchant"),)

    def __str__(self) -> str:
        return self.name


class Mandate(models.Model):
    """The payer's permission at a gateway. States: `rules.mandate`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey("onboarding.GatewayAccount", on_delete=models.PROTECT, related_name="+", db_index=False)
    method = models.TextField()
    ref = models.TextField()
    state = models.TextField(default="pending")
    # For people: "•••• 4242". Nothing by which anything could be collected.
    masked = models.TextField(default="", blank=True)
    reason = models.TextField(default="", blank=True)
    created_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # When its gateway was last asked how it stands, for no webhook may have reached us.
    looked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "onboarding_mandate"
        constraints = (
            # Also what a webhook finds it by.
            models.UniqueConstraint(fields=["account", "ref"], name="mandate_ref_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "active", "rejected", "expired", "failed", "stopped"]),
                name="mandate_state",
            ),
        )
        # Those not asked about for longest.
        indexes = (
            models.Index(
                Coalesce("looked_at", "created_at"), "id", name="mandate_looked",
                condition=models.Q(state__in=["pending", "active"]),
            ),
        )  # fmt: skip


class Subscription(models.Model):
    """An agreement that is collected again and again. States and changes: `rules.subscription`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False)
    agreement = models.OneToOneField(Agreement, on_delete=models.PROTECT, related_name="subscription")
    # The one that is collected by now.
    mandate = models.ForeignKey(Mandate, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.TextField(default="pending")
    amount = models.BigIntegerField()
    currency = models.TextField()
    schedule = models.TextField()
    # The day of the month that due dates keep to, 1 to 31; the month's last where it is shorter.
    anchor_day = models.SmallIntegerField()
    # The bank day on which its first payment is collected: it moves with that for as long as none has been.
    starts_on = models.DateField()
    expires_on = models.DateField(null=True)
    # {"kind": "indefinite"} | {"kind": "skip", "count": 2, "until": "…"} | {"kind": "until", "until": "…"}
    hold = models.JSONField(null=True)
    # When a hold ends by itself.
    held_until = models.DateField(null=True)
    # The next date that no charge has been made for yet; null: nothing is collected.
    next_due_on = models.DateField(null=True)
    # From which day on the charge run has to look at it: the due date less the rail's notice and bank days.
    schedule_on = models.DateField(null=True)
    # Rises with each change that took effect, and with no other.
    version = models.IntegerField(default=1)
    ended_reason = models.TextField(default="", blank=True)
    # Why, in the words of who ended it: it may name a person.
    ended_note = models.TextField(default="", db_default="", blank=True)
    ended_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    event_no = models.BigIntegerField(default=0)

    class Meta:
        db_table = "onboarding_subscription"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "active", "on_hold", "inactive", "expired"]),
                name="subscription_state",
            ),
            models.CheckConstraint(condition=models.Q(schedule__in=SCHEDULES[:-1]), name="subscription_schedule"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="subscription_amount"),
        )
        indexes = (
            # The list of a merchant, newest first.
            models.Index(fields=["merchant", "-created_at", "-id"], name="subscription_merchant"),
            # What the charge run has to look at.
            models.Index(fields=["schedule_on", "id"], name="subscription_due", condition=models.Q(state="active")),
            # Holds and terms that end by themselves.
            models.Index(
                fields=["held_until", "id"], name="subscription_held",
                condition=models.Q(state="on_hold", held_until__isnull=False),
            ),
            models.Index(
                fields=["expires_on", "id"], name="subscription_expires",
                condition=models.Q(state__in=["active", "on_hold"], expires_on__isnull=False),
            ),
            # Those whose note is kept no longer.
            models.Index(
                fields=["merchant", "ended_at"], name="subscription_note", condition=~models.Q(ended_note="")
            ),
        )  # fmt: skip


class Charge(models.Model):
    """One collection. States: `rules.charge`. Of a single payment it has no subscription."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False)
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="charges")
    subscription = models.ForeignKey(
        Subscription, null=True, on_delete=models.PROTECT, related_name="charges", db_index=False
    )
    mandate = models.ForeignKey(Mandate, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    # Where it is collected; its reference there, once it was taken.
    account = models.ForeignKey("onboarding.GatewayAccount", on_delete=models.PROTECT, related_name="+", db_index=False)
    ref = models.TextField(default="", blank=True)
    state = models.TextField(default="scheduled")
    amount = models.BigIntegerField()
    currency = models.TextField()
    # The date of the schedule that it is for, which makes it the only one; and the bank day it is collected on.
    period_on = models.DateField()
    due_on = models.DateField()
    # 1, and one more for each new try after a failure.
    attempt = models.SmallIntegerField(default=1)
    # The one-off at the start is no part of the schedule.
    one_off = models.BooleanField(default=False)
    reason = models.TextField(default="", blank=True)
    refunded = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # When it is tried anew.
    retry_on = models.DateField(null=True)
    # When its gateway is asked next whether what was collected has gone back.
    look_on = models.DateField(null=True)
    event_no = models.BigIntegerField(default=0)

    class Meta:
        db_table = "onboarding_charge"
        constraints = (
            # A period is collected once, whoever runs the charge run and however often.
            models.UniqueConstraint(
                fields=["subscription", "period_on", "one_off", "attempt"], name="charge_period_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["scheduled", "submitted", "charged", "failed", "rejected", "cancelled"]),
                name="charge_state",
            ),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, refunded__gte=0, refunded__lte=models.F("amount")),
                name="charge_amount",
            ),
        )
        indexes = (
            # What a webhook is about.
            models.Index(fields=["account", "ref"], name="charge_ref", condition=~models.Q(ref="")),
            # Those to be tried anew.
            models.Index(fields=["retry_on", "id"], name="charge_retry", condition=models.Q(retry_on__isnull=False)),
            # Those to be asked about after they were collected.
            models.Index(fields=["look_on", "id"], name="charge_look", condition=models.Q(look_on__isnull=False)),
            # Those of a period that another try has collected too, for the doctor.
            models.Index(fields=["ended_at", "id"], name="charge_twice", condition=models.Q(reason="collected_twice")),
            # Those that should have been collected by now.
            models.Index(fields=["due_on", "id"], name="charge_submitted", condition=models.Q(state="submitted")),
            # A merchant's, by when they were due.
            models.Index(fields=["merchant", "-due_on", "-id"], name="charge_merchant"),
        )


class Refund(models.Model):
    """Money given back of a charge."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    charge = models.ForeignKey(Charge, on_delete=models.PROTECT, related_name="refunds")
    amount = models.BigIntegerField()
    state = models.TextField(default="ordered")  # -> refunded, failed
    reason = models.TextField(default="", blank=True)
    by = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "onboarding_refund"
        constraints = (
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="refund_amount"),
            models.CheckConstraint(
                condition=models.Q(state__in=["ordered", "refunded", "failed"]), name="refund_state"
            ),
        )
        # Those of which their rail has not said what came of them.
        indexes = (models.Index(fields=["id"], name="refund_ordered", condition=models.Q(state="ordered")),)
