"""The sandbox's own memory: what a provider would have in its books, and what it has yet to tell us."""

from __future__ import annotations

from django.db import models

from ringround.kernel.ids import new_id

WHATS = ("mandate", "payment", "charge", "refund", "change", "cancel")
STATES = (
    "pending", "active", "scheduled", "submitted", "reserved", "charged", "refunded",
    "rejected", "expired", "stopped", "failed", "cancelled", "chargeback", "done",
)  # fmt: skip
ACTS = ("accept", "reject", "expire", "stop", "collect", "settle", "fail", "charge_back")


class SandboxOrder(models.Model):
    """One call that changed something, known again by its key; of a mandate, a payment or a charge also the thing."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("onboarding.GatewayAccount", on_delete=models.CASCADE, related_name="+", db_index=False)
    # The idempotency key, and what was asked with it.
    key = models.TextField()
    digest = models.TextField()
    what = models.TextField()
    method = models.TextField(default="", blank=True)
    # Ours of it.
    reference = models.TextField(default="", blank=True)
    mandate = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="charges")
    state = models.TextField()
    fate = models.TextField(default="00")
    amount = models.BigIntegerField(null=True)
    currency = models.TextField(default="", blank=True)
    refunded = models.BigIntegerField(default=0)
    due_on = models.DateField(null=True)
    expires_at = models.DateTimeField(null=True)
    # What pays, masked.
    instrument = models.TextField(default="", blank=True)
    reason = models.TextField(default="", blank=True)
    actor = models.TextField(default="", blank=True)
    # What it does next by itself, and when; business time.
    next_act = models.TextField(default="", blank=True)
    next_at = models.DateTimeField(null=True)
    # How it answered, where that is not its state.
    answer = models.TextField(default="", blank=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "onboarding_sandbox_order"
        constraints = (
            models.UniqueConstraint(fields=["account", "key"], name="sandbox_key_once"),
            models.CheckConstraint(condition=models.Q(what__in=WHATS), name="sandbox_what"),
            models.CheckConstraint(condition=models.Q(state__in=STATES), name="sandbox_state"),
            models.CheckConstraint(condition=models.Q(next_act__in=["", *ACTS]), name="sandbox_act"),
        )
        # What time makes due.
        indexes = (
            models.Index(fields=["next_at", "id"], name="sandbox_due", condition=models.Q(next_at__isnull=False)),
        )


class SandboxNotice(models.Model):
    """A webhook of the sandbox's, told until it is taken or given up."""

    id = models.BigAutoField(primary_key=True)
    order = models.ForeignKey(SandboxOrder, on_delete=models.CASCADE, related_name="notices", db_index=False)
    body = models.TextField()
    # Signed with a secret that is not the account's.
    forged = models.BooleanField(default=False)
    # Business time; null: taken, or given up.
    next_at = models.DateTimeField(null=True)
    # Real time: somebody is telling it.
    lease_until = models.DateTimeField(null=True)
    tries = models.SmallIntegerField(default=0)
    # What came back last: an HTTP status, or why there was none.
    said = models.TextField(default="", blank=True)

    class Meta:
        db_table = "onboarding_sandbox_notice"
        # What is to be told, in order.
        indexes = (
            models.Index(
                fields=["next_at", "id"], name="sandbox_notice_due", condition=models.Q(next_at__isnull=False)
            ),
            models.Index(fields=["order"], name="sandbox_notice_order"),
        )
