"""Idempotency keys (what was asked with a key, and what was answered), counts of requests, webhooks."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from ringround.kernel.ids import new_id


class IdempotencyKey(models.Model):
    """Kept 24 hours for each token's user. A row without an answer is under way: of most routes only
    the transaction that answers sees it."""

    id = models.BigAutoField(primary_key=True)
    owner = models.TextField()
    key = models.TextField()
    request_hash = models.TextField()
    status = models.SmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    # Encrypted: an answer may hold a new token.
    body = models.BinaryField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "http_idempotency_key"
        constraints = (models.UniqueConstraint(fields=["owner", "key"], name="idempotency_key_once"),)
        # Which are past their day.
        indexes = (models.Index(fields=["created_at"], name="idempotency_key_age"),)


class Rate(models.Model):
    """Requests of a token in its latest minute. Unlogged: after a crash counting starts anew."""

    owner = models.TextField(primary_key=True)
    window_no = models.BigIntegerField()
    count = models.IntegerField()

    class Meta:
        db_table = "http_rate"


class Webhook(models.Model):
    """An address that is told of an organisation's events. All its times are real ones."""

    class State(models.TextChoices):
        ON = "on"  # -> off: by hand, or after failing for long
        OFF = "off"  # -> on: by hand; what happened meanwhile stands in the change feed

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No foreign key: organisations live up the stairs.
    org_id = models.UUIDField()
    url = models.TextField()
    # Empty: all. `campaigns.lead.*` is all that begin so, those of later versions too.
    types = ArrayField(models.TextField(), default=list)
    state = models.TextField(choices=State.choices, default=State.ON)
    # Why it is off: by_hand, handed_over, failing, gone.
    off_reason = models.TextField(default="")
    # Encrypted; they sign, so they must be readable to us.
    secret = models.TextField()
    old_secret = models.TextField(default="")
    old_secret_until = models.DateTimeField(null=True)
    # Only what happens after it was made, or switched on again.
    since_seq = models.BigIntegerField()
    failures = models.IntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    # Rests until then after failing several times in a row.
    next_at = models.DateTimeField()
    event_no = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    # Gone for everybody; its row waits until its deliveries are cleared away, so many at a time.
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "http_webhook"
        constraints = (models.CheckConstraint(condition=models.Q(state__in=["on", "off"]), name="webhook_state"),)
        # The list of an organisation.
        indexes = (models.Index(fields=["org_id", "-id"], name="webhook_list"),)


class Delivery(models.Model):
    """One event for one webhook, and what became of it."""

    class State(models.TextChoices):
        PENDING = "pending"  # -> delivered, failed, withheld
        DELIVERED = "delivered"  # -> pending: sent again by hand
        FAILED = "failed"  # -> pending: sent again by hand
        WITHHELD = "withheld"  # the organisation may read the event no more; -> pending: by hand, and asked again

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="+")
    seq = models.BigIntegerField()
    event_id = models.UUIDField()
    type = models.TextField()
    subject_id = models.UUIDField()
    state = models.TextField(choices=State.choices, default=State.PENDING)
    # Sent again by hand: out of order, so it neither waits for others of its subject nor keeps them waiting.
    manual = models.BooleanField(default=False)
    # When it is due; while it is being sent, when its lease ends.
    next_at = models.DateTimeField()
    # The lease again, and null when the try is over: how many are under way is counted by it.
    sending_until = models.DateTimeField(null=True)
    # Tells one claim from the next.
    claim_no = models.IntegerField(default=0)
    # That were answered, or not, since it was made or sent again by hand. A claim of which nothing came is none.
    tries = models.IntegerField(default=0)
    last_at = models.DateTimeField(null=True)
    status = models.IntegerField(null=True)
    error = models.TextField(default="")
    answer = models.TextField(default="")
    # The latest tries, oldest first: {at, status, error, ms}.
    log = models.JSONField(default=list)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "http_webhook_delivery"
        constraints = (
            # Also the log of a webhook, newest first.
            models.UniqueConstraint(fields=["webhook", "seq"], name="webhook_delivery_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "delivered", "failed", "withheld"]),
                name="webhook_delivery_state",
            ),
        )
        indexes = (
            # What is due.
            models.Index(
                fields=["webhook", "next_at", "seq"], name="webhook_delivery_due", condition=models.Q(state="pending")
            ),
            # Whether an earlier event of the subject still waits.
            models.Index(
                fields=["webhook", "subject_id", "seq"],
                name="webhook_delivery_subject",
                condition=models.Q(state="pending", manual=False),
            ),
            # The log of one state, newest first, however rare it is; and what was left over from before it was off.
            models.Index(fields=["webhook", "state", "-seq"], name="webhook_delivery_state_log"),
            # What is under way.
            models.Index(
                fields=["sending_until"],
                name="webhook_delivery_sending",
                condition=models.Q(state="pending", sending_until__isnull=False),
            ),
            # Which are past their days.
            models.Index(fields=["created_at"], name="webhook_delivery_age"),
        )
