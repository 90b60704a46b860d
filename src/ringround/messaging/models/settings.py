"""What an organisation asks of its own messages."""

from __future__ import annotations

from django.db import models


class MessageSettings(models.Model):
    """One row for an organisation that has changed anything; without one all is as here."""

    organisation = models.OneToOneField(
        "orgs.Organisation", primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    # {"from": "21:00", "to": "08:00"} on the recipient's wall clock; null: none.
    quiet = models.JSONField(null=True)
    # [{"channel": "sms", "most": 2, "days": 7}]: to one person.
    caps = models.JSONField(default=list)
    # What becomes of a message over a cap: `skip`, or `wait` until it is not.
    over_cap = models.TextField(default="skip")
    track_opens = models.BooleanField(default=True)
    track_clicks = models.BooleanField(default=True)
    # Who its messages are from, whichever way they go; empty: the transport's.
    sms_sender = models.TextField(default="", db_default="", blank=True)
    email_sender = models.TextField(default="", db_default="", blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "messaging_settings"
        constraints = (
            models.CheckConstraint(condition=models.Q(over_cap__in=["skip", "wait"]), name="message_over_cap"),
        )

    def sender(self, channel: str) -> str:
        """The organisation's own sender on a channel; empty where it has none."""
        return self.sms_sender if channel == "sms" else self.email_sender
