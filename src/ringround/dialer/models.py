"""Agents' presence: one row an agent, and the log of each state with its length."""

from __future__ import annotations

from django.db import models

from ringround.kernel.ids import new_id


class Presence(models.Model):
    """Where an agent is now. The table of transitions is `rules.presence`.

    A row for each agent, written with every click and every sign of life: its indexes are of columns that stay as they
    are by that, so that the row is written and none of them. What looks for others reads the few rows there are.
    """

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
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False)
    campaign = models.ForeignKey(
        "campaigns.Campaign", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    # The campaign's mode: whether contacts come by themselves or on request.
    mode = models.TextField(default="", blank=True)
    state = models.TextField(choices=State.choices, default=State.OFFLINE)
    since = models.DateTimeField()
    pause_reason = models.TextField(default="", blank=True)
    # The merchant of the campaign, who may follow the work too.
    merchant = models.ForeignKey(
        "orgs.Organisation", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    # A break asked for in the middle of a contact: it begins when that is done.
    pause_wanted = models.BooleanField(default=False)
    # Wrap-up time goes on until then, after the disposition.
    wrap_until = models.DateTimeField(null=True)
    # The state before the connection was lost; empty for who left.
    back_to = models.TextField(default="", blank=True)
    # Last sign of life of a console, real time; null for an agent who works by API alone.
    seen_at = models.DateTimeField(null=True)
    # Joined by another program's click-to-call and by nothing of their own: they leave when they have nothing in hand.
    # With the database's own default: processes from before it still write rows during an upgrade.
    visiting = models.BooleanField(default=False, db_default=False)
    # To which they go back then: the campaign on which they were of their own accord.
    home = models.ForeignKey(
        "campaigns.Campaign", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    event_no = models.BigIntegerField(default=0)

    class Meta:
        db_table = "dialer_presence"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(
                    state__in=[
                        "offline",
                        "ready",
                        "reserved",
                        "previewing",
                        "dialling",
                        "talking",
                        "wrapping",
                        "paused",
                    ]
                ),
                name="presence_state",
            ),
        )
        indexes = (
            # The board of a campaign.
            models.Index(fields=["campaign"], name="presence_board"),
        )


class PresenceLog(models.Model):
    """Each stretch an agent spent in one state, for hours and the board's timers.

    The database does not look its references up: they are those of the agent's row, which is locked meanwhile.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(
        "orgs.User", on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    organisation = models.ForeignKey(
        "orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    campaign = models.ForeignKey(
        "campaigns.Campaign", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False,
        db_constraint=False,
    )  # fmt: skip
    state = models.TextField()
    reason = models.TextField(default="", blank=True)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dialer_presence_log"
        indexes = (
            # Hours; and the stretch that runs, an agent's last, which each change closes: that writes no index.
            models.Index(fields=["user", "-began_at"], name="presence_log_user"),
            models.Index(fields=["campaign", "-began_at"], name="presence_log_campaign"),
        )
