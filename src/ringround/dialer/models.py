"""Agents' presence: one row an agent, and the log of each state with its length."""

from __future__ import annotations

from django.db import models

from ringround.kernel.ids import new_id


class Presence(models.Model):
    """Where an agent is now. The table of transitions is `rules.presence`."""

    class State(models.TextChoices):
        OFFLINE = "offline"
        READY = "ready"
        RESERVED = "reserved"
        PREVIEWING = "previewing"
        DIALLING = "dialling"
        TALKING = "talking"
        WRAPPING = "wrapping"
        PAUSED = "paused"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.OneToOneField("orgs.User", on_delete=models.CASCADE, related_name="+")
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+")
    campaign = models.ForeignKey("campaigns.Campaign", null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.TextField(choices=State.choices, default=State.OFFLINE)
    since = models.DateTimeField()
    pause_reason = models.TextField(default="", blank=True)
    # The state to come back to after a lost connection.
    lost = models.BooleanField(default=False)
    # Last sign of life of a console, real time; null for an agent who works by API alone.
    seen_at = models.DateTimeField(null=True)
    event_no = models.BigIntegerField(default=0)

    class Meta:
        db_table = "dialer_presence"
        indexes = (models.Index(fields=["campaign"], name="presence_board", condition=~models.Q(state="offline")),)


class PresenceLog(models.Model):
    """Each stretch an agent spent in one state, for hours and the board's timers."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey("orgs.User", on_delete=models.CASCADE, related_name="+", db_index=False)
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False)
    campaign = models.ForeignKey("campaigns.Campaign", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    state = models.TextField()
    reason = models.TextField(default="", blank=True)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dialer_presence_log"
        indexes = (
            models.Index(fields=["user", "-began_at"], name="presence_log_user"),
            models.Index(fields=["campaign", "-began_at"], name="presence_log_campaign"),
        )
