"""Idempotency keys: what was asked with a key, and what was answered."""

from __future__ import annotations

from django.db import models


class IdempotencyKey(models.Model):
    """Kept 24 hours for each token's user. A row without an answer is a request under way."""

    id = models.BigAutoField(primary_key=True)
    owner = models.TextField()
    key = models.TextField()
    request_hash = models.TextField()
    status = models.SmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "http_idempotency_key"
        constraints = (models.UniqueConstraint(fields=["owner", "key"], name="idempotency_key_once"),)
        indexes = (models.Index(fields=["created_at"], name="idempotency_key_age"),)
