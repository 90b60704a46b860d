"""How messages leave: an account with a provider, or a mail server."""

from __future__ import annotations

from django.db import models

from ringround.kernel.ids import new_id


class Transport(models.Model):
    """A way out for one channel of an organisation. The first active one by `priority` that does not rest is used."""

    class Kind(models.TextChoices):
        SANDBOX = "sandbox"
        SMTP = "smtp"
        GATEWAYAPI = "gatewayapi"
        CPSMS = "cpsms"
        HTTP = "http"
        SMPP = "smpp"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.TextField()
    kind = models.TextField(choices=Kind.choices)
    channel = models.TextField()
    # By kind: see `transports/<kind>.py`. Whatever is secret is not here.
    settings = models.JSONField(default=dict)
    # One JSON object, encrypted.
    secrets = models.TextField(default="", blank=True)
    # Who a message is from, where it does not say.
    sender = models.TextField(default="", blank=True)
    # In the address that the provider calls; changed by `transport_change(rotate=True)`.
    token = models.TextField(unique=True)
    active = models.BooleanField(default=True)
    priority = models.IntegerField(default=100)  # the lowest first
    # Messages a second over all workers; null: as fast as it goes.
    throttle_per_s = models.FloatField(null=True)
    tokens = models.FloatField(default=1)
    tokens_at = models.DateTimeField()
    # Failures in a row, and until when it is left alone; real times.
    failures = models.IntegerField(default=0)
    rests_until = models.DateTimeField()
    # What the latest failure was, for people: a code, and when.
    fault = models.TextField(default="", blank=True)
    fault_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "messaging_transport"
        constraints = (
            models.CheckConstraint(condition=models.Q(channel__in=["sms", "email"]), name="message_transport_channel"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["sandbox", "smtp", "gatewayapi", "cpsms", "http", "smpp"]),
                name="message_transport_kind",
            ),
        )
        # The list of an organisation, and which is first.
        indexes = (models.Index(fields=["organisation", "channel", "priority", "id"], name="message_transport_order"),)

    def __str__(self) -> str:
        return self.name
