"""Payment gateways: a merchant's accounts with them, what they have told us, and what they are to be told."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from ringround.kernel.ids import new_id

KINDS = ("sandbox", "vipps", "quickpay")
# `look`: to be asked how it stands, where a webhook may have been lost.
ORDERS = ("schedule_charge", "cancel_charge", "refund", "cancel_mandate", "update_mandate", "look")


class GatewayAccount(models.Model):
    """A merchant's account with a payment provider. The first active one that serves a method is used."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.TextField()
    name = models.TextField()
    # In the address that the provider calls: `/api/v1/gateways/<kind>/<slug>/webhook`.
    slug = models.TextField()
    # By kind: see `gateways/<kind>.py`. Whatever is secret is in `secrets`, one JSON object, encrypted.
    settings = models.JSONField(default=dict)
    secrets = models.TextField(default="", blank=True)
    # The webhook's secret, and the one before while it is being changed: {"now": "…", "before": "…"}, encrypted.
    webhook_secrets = models.TextField(default="", blank=True)
    methods = ArrayField(models.TextField(), default=list)
    active = models.BooleanField(default=True)
    priority = models.IntegerField(default=100)  # the lowest first
    # Failures in a row, and until when its orders wait; real times.
    failures = models.IntegerField(default=0)
    rests_until = models.DateTimeField()
    fault = models.TextField(default="", blank=True)
    fault_at = models.DateTimeField(null=True)
    # Webhooks with a wrong signature: counted, and nothing kept of them.
    forged = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "onboarding_gateway_account"
        constraints = (
            models.UniqueConstraint(fields=["kind", "slug"], name="gateway_slug_once"),
            models.CheckConstraint(condition=models.Q(kind__in=KINDS), name="gateway_kind"),
        )
        # The list of a merchant, and which is first.
        indexes = (models.Index(fields=["merchant", "priority", "id"], name="gateway_order_of_use"),)

    def __str__(self) -> str:
        return self.name


class GatewayEvent(models.Model):
    """Something that a provider has told us, verified, each once. Applied under its session's lock; what does not fit
    any more is kept as `ignored`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(GatewayAccount, on_delete=models.CASCADE, related_name="+", db_index=False)
    # The provider's own, or the digest of what it sent.
    event_id = models.TextField()
    # `mandate.active`, `charge.charged`: see `gateways.port`.
    kind = models.TextField()
    ref = models.TextField()
    reason = models.TextField(default="", blank=True)
    # What it says beside: amounts, who did it, a masked instrument. No personal values.
    data = models.JSONField(default=dict)
    occurred_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    state = models.TextField(default="received")
    applied_at = models.DateTimeField(null=True)
    tries = models.SmallIntegerField(default=0)
    next_at = models.DateTimeField()

    class Meta:
        db_table = "onboarding_gateway_event"
        constraints = (
            models.UniqueConstraint(fields=["account", "event_id"], name="gateway_event_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=["received", "applied", "ignored", "failed"]), name="gateway_event_state"
            ),
        )
        indexes = (
            # What is to be applied, the oldest first.
            models.Index(fields=["next_at", "id"], name="gateway_event_due", condition=models.Q(state="received")),
            # What was told of one thing, for its page.
            models.Index(fields=["account", "ref", "id"], name="gateway_event_ref"),
        )


class GatewayOrder(models.Model):
    """The outbox: what a provider is to be told, with a key that stays the same at every try. Of one mandate only the
    earliest that is not done is under way."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey(GatewayAccount, on_delete=models.CASCADE, related_name="+", db_index=False)
    what = models.TextField()
    # What it is about, and whose turn it takes: the mandate, or the charge of a single payment.
    subject_id = models.UUIDField()
    lane_id = models.UUIDField()
    # The idempotency key.
    key = models.TextField()
    # Identifiers and amounts; the drawer's request is made of them when it goes.
    data = models.JSONField(default=dict)
    state = models.TextField(default="pending")
    reason = models.TextField(default="", blank=True)
    detail = models.TextField(default="", blank=True)
    tries = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField()
    # Business time: when it may go. The lease is real time.
    next_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    claim_no = models.IntegerField(default=0)
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "onboarding_gateway_order"
        constraints = (
            models.UniqueConstraint(fields=["account", "key"], name="gateway_order_once"),
            models.CheckConstraint(condition=models.Q(what__in=ORDERS), name="gateway_order_what"),
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "done", "failed", "dropped"]), name="gateway_order_state"
            ),
        )
        indexes = (
            # What is due, for the courier; and whether something of the same lane goes before it.
            models.Index(
                fields=["account", "next_at", "id"], name="gateway_order_due", condition=models.Q(state="pending")
            ),
            models.Index(fields=["lane_id", "id"], name="gateway_order_lane", condition=models.Q(state="pending")),
            # What is under way, counted before each claim: a handful among all that wait on the first of a month.
            models.Index(
                fields=["account", "lease_until"], name="gateway_order_leased",
                condition=models.Q(state="pending", lease_until__isnull=False),
            ),
            models.Index(fields=["subject_id"], name="gateway_order_subject"),
        )  # fmt: skip
