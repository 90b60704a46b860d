"""What was done: hand-outs, attempts, callbacks, and the timeline that tells it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from ringround.kernel.ids import new_id


class HandoutLog(models.Model):
    """Each hand-out and how it ended, so that the order can be replayed: who was given which lead, by which rule.

    `passed_over`: leads earlier in the order that were eligible in the claim's snapshot, but which another transaction
    had locked or taken by then, or whose number was in use. `xid` is the transaction of a row, `snapshot` what the
    claim saw: a hand-out saw exactly the rows whose `xid` is visible in it (docs/laws/claims.md).
    """

    id = models.UUIDField(default=new_id, editable=False)
    campaign_id = models.UUIDField()
    lead_id = models.UUIDField()
    user_id = models.UUIDField()
    # handed_out, skipped, released, lapsed, dispositioned
    what = models.TextField()
    rule = models.TextField(default="", blank=True)
    at = models.DateTimeField()
    passed_over = ArrayField(models.UUIDField(), default=list)
    reason = models.TextField(default="", blank=True)
    xid = models.BigIntegerField(default=0)
    snapshot = models.TextField(default="", blank=True)

    # The one index, which also finds a lead's rows: each claim writes it.
    pk = models.CompositePrimaryKey("lead_id", "id")

    class Meta:
        db_table = "campaigns_handout_log"


class Attempt(models.Model):
    """One try on a lead, recorded once: the join of a lead and a call, and the disposition it ended with."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    lead = models.ForeignKey("campaigns.Lead", on_delete=models.CASCADE, related_name="+")
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, related_name="+", db_index=False)
    call = models.ForeignKey("telephony.Call", null=True, on_delete=models.SET_NULL, related_name="+")
    user = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    disposition = models.ForeignKey("campaigns.Disposition", null=True, on_delete=models.PROTECT, related_name="+")
    number = models.TextField(default="", blank=True)
    outcome = models.TextField()
    counted = models.BooleanField(default=True)
    engaged = models.BooleanField(default=False)
    # When an engaged one ceased to count: its lead was reset, or was no success after all.
    uncounted_at = models.DateTimeField(null=True)
    at = models.DateTimeField()
    # How many attempts the lead had, this one included.
    attempts = models.IntegerField()
    # The verdict of `may_contact` at that moment, with its inputs.
    verdict = models.JSONField(default=dict)

    class Meta:
        db_table = "campaigns_attempt"
        indexes = (
            models.Index(fields=["campaign", "-at"], name="attempt_campaign"),
            models.Index(fields=["user", "-at"], name="attempt_user"),
            # Leads by what came of a try.
            models.Index(fields=["campaign", "disposition", "-lead"], name="attempt_disposition"),
            models.Index(fields=["campaign", "outcome", "-lead"], name="attempt_outcome"),
            # What ceased to count, by day.
            models.Index(
                fields=["campaign", "uncounted_at"],
                name="attempt_uncounted",
                condition=models.Q(uncounted_at__isnull=False),
            ),
        )


class DialVerdict(models.Model):
    """What `may_contact` answered when a call was begun, on a campaign with rule packs: kept for its attempt, by which
    time the call itself counts and what was known may have changed."""

    call = models.OneToOneField("telephony.Call", primary_key=True, on_delete=models.CASCADE, related_name="+")
    lead = models.ForeignKey("campaigns.Lead", on_delete=models.CASCADE, related_name="+")
    verdict = models.JSONField()

    class Meta:
        db_table = "campaigns_dial_verdict"


class DroppedCall(models.Model):
    """A call that ended without a disposition: another number of the same try, or a lease that ran out.

    Those with one are joined to their lead by the attempt; if it is said later, there is an attempt besides.
    """

    call = models.OneToOneField("telephony.Call", primary_key=True, on_delete=models.CASCADE, related_name="+")
    lead = models.ForeignKey("campaigns.Lead", on_delete=models.CASCADE, related_name="+")
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        db_table = "campaigns_dropped_call"


class Callback(models.Model):
    """A booked callback. The lead's `next_contact_at` and `owner` follow it."""

    class State(models.TextChoices):
        BOOKED = "booked"  # -> done, cancelled
        DONE = "done"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    lead = models.ForeignKey("campaigns.Lead", on_delete=models.CASCADE, related_name="+", db_index=False)
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    private = models.BooleanField()
    owner = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+")
    number = models.TextField(default="", blank=True)
    note = models.TextField(default="", blank=True)
    state = models.TextField(choices=State.choices, default=State.BOOKED)
    created_by = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "campaigns_callback"
        constraints = (
            models.UniqueConstraint(fields=["lead"], condition=models.Q(state="booked"), name="callback_booked_once"),
        )
        indexes = (
            models.Index(fields=["campaign", "at"], name="callback_page", condition=models.Q(state="booked")),
            # All of a period, for the report.
            models.Index(fields=["campaign", "at", "id"], name="callback_period"),
        )


class LeadAnswers(models.Model):
    """Result data as it was at a save or before a reset: the history behind `Lead.result`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    lead = models.ForeignKey("campaigns.Lead", on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    user = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    why = models.TextField()
    answers = models.JSONField(default=dict)

    class Meta:
        db_table = "campaigns_lead_answers"


class BulkChange(models.Model):
    """One change of many leads that a job carries out, a batch a transaction; `at` is how many it has come past."""

    class State(models.TextChoices):
        RUNNING = "running"  # -> done, failed
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # For whom and by whom it was asked; by an external system where there is no user.
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    system_id = models.UUIDField(null=True)
    state = models.TextField(choices=State.choices, default=State.RUNNING)
    action = models.TextField(default="", blank=True)
    changes = models.JSONField(default=dict)
    # The ids of the leads, 16 bytes each; none any more when it is over.
    leads = models.BinaryField(default=b"")
    total = models.IntegerField()
    at = models.IntegerField(default=0)
    count = models.IntegerField(default=0)
    refused = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "campaigns_bulk_change"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state__in=["running", "done", "failed"]), name="bulk_change_state"
            ),
        )


class SavedFilter(models.Model):
    """A filter of the list of leads, kept under a name: its user's own, or shown to all of the organisation."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey("orgs.User", on_delete=models.CASCADE, related_name="+")
    name = models.TextField()
    # What stands behind the `?` of the list's address: a filter that no longer fits is seen there as any other.
    query = models.TextField()
    shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "campaigns_saved_filter"
        # Also what the filters of an organisation are read by.
        constraints = (models.UniqueConstraint(fields=["organisation", "user", "name"], name="saved_filter_name_once"),)

    def __str__(self) -> str:
        return self.name


class TimelineItem(models.Model):
    """One line of a lead's history: a `key` with `params`, told in the reader's language; a note has its `text`."""

    class Kind(models.TextChoices):
        CALL = "call"
        SESSION = "session"
        MESSAGE = "message"
        JOURNEY = "journey"
        NOTE = "note"
        CHANGE = "change"
        HANDOUT = "handout"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    lead = models.ForeignKey("campaigns.Lead", on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    kind = models.TextField(choices=Kind.choices)
    key = models.TextField(default="", blank=True)
    params = models.JSONField(default=dict)
    text = models.TextField(default="", blank=True)
    ref_type = models.TextField(default="", blank=True)
    ref_id = models.UUIDField(null=True)
    by = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)

    class Meta:
        db_table = "campaigns_timeline"
        indexes = (models.Index(fields=["lead", "-at", "-id"], name="timeline_page"),)
