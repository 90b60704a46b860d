"""Calls: one telephone attempt each, with the time of each fact."""

from __future__ import annotations

from django.db import models

from ringround.kernel.ids import new_id


class Call(models.Model):
    class State(models.TextChoices):
        CREATED = "created"
        DIALLING = "dialling"
        RINGING = "ringing"
        ANSWERED = "answered"
        DETECTING = "detecting"
        WAITING = "waiting"
        CONNECTED = "connected"
        ENDED = "ended"

    class Outcome(models.TextChoices):
        ANSWERED = "answered"
        NO_ANSWER = "no_answer"
        BUSY = "busy"
        MACHINE = "machine"
        INVALID_NUMBER = "invalid_number"
        FAILED = "failed"
        ABANDONED = "abandoned"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # The merchant on whose behalf, and the agency that calls.
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False)
    agency = models.ForeignKey(
        "orgs.Organisation", null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    agent = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+")
    exchange = models.TextField(default="device")
    direction = models.TextField(default="out")
    number = models.TextField()
    state = models.TextField(choices=State.choices, default=State.CREATED)
    outcome = models.TextField(choices=Outcome.choices, null=True)  # null until it has ended
    cause = models.IntegerField(null=True)
    started_at = models.DateTimeField()
    ringing_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    connected_at = models.DateTimeField(null=True)
    # The agent's own telephone has been put down; what happened is still to be said, and ends the call.
    hung_up_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    event_no = models.BigIntegerField(default=0)

    class Meta:
        db_table = "telephony_call"
        constraints = (
            # An agent has one call at a time; it is also how their open call is found.
            models.UniqueConstraint(fields=["agent"], condition=~models.Q(state="ended"), name="call_open_once"),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=[
                        "created",
                        "dialling",
                        "ringing",
                        "answered",
                        "detecting",
                        "waiting",
                        "connected",
                        "ended",
                    ]
                ),
                name="call_state",
            ),
            # Ended, with an outcome and a time; or neither.
            models.CheckConstraint(
                condition=models.Q(state="ended", outcome__isnull=False, ended_at__isnull=False)
                | (~models.Q(state="ended") & models.Q(outcome__isnull=True, ended_at__isnull=True)),
                name="call_end_whole",
            ),
        )
        indexes = (
            # The call log of a merchant or an agency, newest first.
            models.Index(fields=["organisation", "-started_at"], name="call_log"),
            models.Index(fields=["agency", "-started_at"], name="call_log_agency"),
            # Every attempt on a number, for the proof page.
            models.Index(fields=["organisation", "number", "-started_at"], name="call_number"),
        )

    @property
    def seconds(self) -> float:
        """How long it lasted, from dialling to the end; 0 while it lasts."""
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else 0.0
