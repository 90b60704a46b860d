"""Idempotency keys (what was asked with a key, and what was answered) and counts of requests."""

from __future__ import annotations

from django.db import models


class IdempotencyKey(models.Model):
    """Kept 24 hours for each token's user. A row without an answer is seen only by the transaction that answers."""

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
