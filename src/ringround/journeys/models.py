"""Tables of the conductor. What is written for each step of each run is narrow, and nothing of it that changes stands
in an index (docs/adr/0240)."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now

from ringround.kernel.ids import new_id


class Journey(models.Model):
    """A journey as its people know it. `draft` is what the editor writes; what runs is a `Version` of it."""

    class State(models.TextChoices):
        DRAFT = "draft"  # never published; publish -> published
        PUBLISHED = "published"  # pause -> paused, archive -> archived
        PAUSED = "paused"  # nobody enters, nothing moves; resume -> published, archive -> archived
        ARCHIVED = "archived"  # its runs are ended

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.TextField()
    state = models.TextField(choices=State.choices, default=State.DRAFT)
    draft = models.JSONField(default=dict)
    # Rises with each save of the draft: who writes on an older one is told so.
    revision = models.IntegerField(default=1)
    # The version that whoever enters now gets.
    version = models.ForeignKey(
        "journeys.Version", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    updated_at = models.DateTimeField()
    event_no = models.BigIntegerField(default=0)
    # When its schedule lets leads in next.
    next_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "journeys_journey"
        constraints = (
            models.UniqueConstraint(
                fields=["organisation", "name"], condition=~models.Q(state="archived"), name="journey_name_once"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "published", "paused", "archived"]), name="journey_state"
            ),
        )
        indexes = (
            # The list of an organisation.
            models.Index(fields=["organisation", "-id"], name="journey_list"),
            models.Index(fields=["next_at"], name="journey_schedule", condition=models.Q(next_at__isnull=False)),
        )

    def __str__(self) -> str:
        return self.name


class Version(models.Model):
    """A journey as it was published; never changed. Its id is a small number, since each run carries it."""

    id = models.AutoField(primary_key=True)
    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.IntegerField()
    document = models.JSONField()
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(
        "orgs.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        db_table = "journeys_version"
        constraints = (models.UniqueConstraint(fields=["journey", "number"], name="journey_version_once"),)


class Run(models.Model):
    """One lead's way through a version, as long as it is under way. It goes to `RunEnd` when it is over.

    A wait is not a row of its own: what a run waits for follows from its version and node, and whom an event concerns
    is found by the lead.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    lead_id = models.UUIDField()
    version_id = models.IntegerField()
    # Rises with each step: a timer or an answer that carries an older one comes too late.
    epoch = models.IntegerField(default=0)
    # 0 waits for time or an event · 1 for what was sent out, or for a call to end · 2 parked with an error
    state = models.SmallIntegerField(default=0)
    node = models.TextField()
    entered_at = models.DateTimeField()
    # When it came to its node, and that node's own time.
    since = models.DateTimeField()
    due = models.DateTimeField(null=True)
    steps = models.IntegerField(default=0)
    # What else the interpreter keeps of it; null where that is nothing.
    data = models.JSONField(null=True)

    class Meta:
        db_table = "journeys_run"
        indexes = (
            # Whom an event of a lead concerns; the lead's page.
            models.Index(fields=["lead_id"], name="journey_run_lead"),
            # The runs of a journey, page by page: its sweeps and its list.
            models.Index(fields=["version_id", "id"], name="journey_run_page"),
            # Those that a person is to look at; few of many.
            models.Index(fields=["id"], name="journey_run_parked", condition=models.Q(state=2)),
        )


class RunEnd(models.Model):
    """A run that is over."""

    id = models.UUIDField(primary_key=True, editable=False)
    lead_id = models.UUIDField()
    journey_id = models.UUIDField()
    version_id = models.IntegerField()
    node = models.TextField()
    entered_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    # finished, exited, goal, stopped, failed, and what the document calls it
    how = models.TextField()
    reason = models.TextField(default="", blank=True)
    steps = models.IntegerField(default=0)

    class Meta:
        db_table = "journeys_run_end"
        indexes = (
            # Whether and when a lead has been through a journey: re-entry. And the lead's page.
            models.Index(fields=["lead_id", "journey_id"], name="journey_end_lead"),
            models.Index(fields=["journey_id", "-id"], name="journey_end_list"),
        )


class Timer(models.Model):
    """When a run is to be woken. In no row of the run's own: it is written and taken away far oftener than read.

    In the database it has one index, by `due` (migration 0001).
    """

    due = models.DateTimeField()
    run_id = models.UUIDField()
    epoch = models.IntegerField()

    pk = models.CompositePrimaryKey("due", "run_id")

    class Meta:
        db_table = "journeys_timer"


class HeldTimer(models.Model):
    """A timer that fell due while its journey was paused."""

    run_id = models.UUIDField(primary_key=True)
    version_id = models.IntegerField()
    due = models.DateTimeField()
    epoch = models.IntegerField()

    class Meta:
        db_table = "journeys_held_timer"
        indexes = (models.Index(fields=["version_id"], name="journey_held_version"),)


class Log(models.Model):
    """One step of a run, written as it leaves the node. The figures can be made of these rows and the runs again."""

    run_id = models.UUIDField()
    n = models.IntegerField()
    at = models.DateTimeField()
    version_id = models.IntegerField()
    node = models.TextField()
    # The arrow it left by.
    out = models.TextField()
    # ok, skipped, failed; empty where nothing was done.
    outcome = models.TextField(default="", blank=True)
    reason = models.TextField(default="", blank=True)

    pk = models.CompositePrimaryKey("run_id", "n")

    class Meta:
        db_table = "journeys_log"


class CountDelta(models.Model):
    """Figures per node, appended a few rows for each batch and folded by the relay."""

    id = models.BigAutoField(primary_key=True)
    version_id = models.IntegerField()
    node = models.TextField()
    # entered, left:<arrow>, skipped:<why>, failed:<why>; of the run started, finished:<why>, parked, refused:<why>
    key = models.TextField()
    n = models.BigIntegerField()

    class Meta:
        db_table = "journeys_count_delta"


class Count(models.Model):
    """Folded figures. Read together with the deltas."""

    id = models.BigAutoField(primary_key=True)
    version_id = models.IntegerField()
    node = models.TextField()
    key = models.TextField()
    n = models.BigIntegerField(default=0)

    class Meta:
        db_table = "journeys_count"
        constraints = (models.UniqueConstraint(fields=["version_id", "node", "key"], name="journey_count_once"),)


class Hook(models.Model):
    """The address at which a program starts a journey. Its token is shown once and kept hashed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="+")
    token_hash = models.TextField(unique=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "journeys_hook"


class Seen(models.Model):
    """What has been taken in from outside: the same again is recognised."""

    source = models.UUIDField()
    key = models.TextField()
    at = models.DateTimeField()

    pk = models.CompositePrimaryKey("source", "key")

    class Meta:
        db_table = "journeys_seen"
        indexes = (models.Index(fields=["at"], name="journey_seen_age"),)


class Intake(models.Model):
    """What did not come as an event: webhooks, leads chosen by hand, answers to what was sent out. Taken in order."""

    id = models.BigAutoField(primary_key=True)
    # enter, reply
    kind = models.TextField()
    journey_id = models.UUIDField(null=True)
    lead_id = models.UUIDField(null=True)
    run_id = models.UUIDField(null=True)
    epoch = models.IntegerField(default=0)
    at = models.DateTimeField()
    # The event it stands for, or the answer.
    data = models.JSONField(default=dict)
    cause = models.JSONField(null=True)

    class Meta:
        db_table = "journeys_intake"


class Sweep(models.Model):
    """What is done to many, a batch at a time: leads let in that match when a journey is published or when its schedule
    says so; runs that are ended, or taken over to a new version."""

    class State(models.TextChoices):
        RUNNING = "running"  # -> done
        DONE = "done"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    journey = models.ForeignKey(Journey, on_delete=models.CASCADE, related_name="+")
    version_id = models.IntegerField()
    # backfill, schedule; stop: its runs end; migrate: they go over to `version_id`
    kind = models.TextField()
    at = models.DateTimeField()
    after = models.UUIDField()
    params = models.JSONField(default=dict)
    looked_at = models.IntegerField(default=0)
    entered = models.IntegerField(default=0)
    state = models.TextField(choices=State.choices, default=State.RUNNING)

    class Meta:
        db_table = "journeys_sweep"
        indexes = (models.Index(fields=["id"], name="journey_sweep_running", condition=models.Q(state="running")),)


class Heard(models.Model):
    """An event of a lead that a condition counts: kept from when a journey of its organisation first asks for it, and
    for as long as that journey then counts back."""

    id = models.BigAutoField(primary_key=True)
    lead_id = models.UUIDField()
    at = models.DateTimeField()
    until = models.DateTimeField(db_default=CombinedExpression(Now(), "+", models.Value(timedelta(days=3_660))))
    event = models.JSONField()

    class Meta:
        db_table = "journeys_heard"
        indexes = (
            models.Index(fields=["lead_id", "at"], name="journey_heard_lead"),
            models.Index(fields=["until"], name="journey_heard_over"),
        )


class Pass(models.Model):
    """A run let through a node that lets so many through in a time."""

    id = models.BigAutoField(primary_key=True)
    version_id = models.IntegerField()
    node = models.TextField()
    at = models.DateTimeField()

    class Meta:
        db_table = "journeys_pass"
        indexes = (models.Index(fields=["version_id", "node", "at"], name="journey_pass_count"),)


class Notice(models.Model):
    """What a journey, or the product itself, has to tell a user, on their screen."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey("orgs.User", on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.TextField(unique=True)
    # Null: the product itself.
    journey = models.ForeignKey(Journey, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    lead_id = models.UUIDField(null=True)
    text = models.TextField()
    at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "journeys_notice"
        indexes = (
            # What a user is told, the newest first. There are few of each user's: what was seen goes after a month.
            models.Index(fields=["user", "-id"], name="journey_notice_user"),
            # What is forgotten: so long after it was seen, or after it was made and nobody looked.
            models.Index(fields=["seen_at"], name="journey_notice_read", condition=models.Q(seen_at__isnull=False)),
            models.Index(fields=["at"], name="journey_notice_unread", condition=models.Q(seen_at__isnull=True)),
        )


class Outbox(models.Model):
    """A call of somebody's URL that a step has asked for. `key` is `run:node:visit`."""

    class State(models.TextChoices):
        PENDING = "pending"  # -> done, failed
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.TextField(unique=True)
    run_id = models.UUIDField()
    epoch = models.IntegerField()
    lead_id = models.UUIDField()
    # url
    kind = models.TextField()
    request = models.JSONField()
    state = models.TextField(choices=State.choices, default=State.PENDING)
    # When it is due; while it is being sent, when its lease ends. Real time.
    next_at = models.DateTimeField()
    claim_no = models.IntegerField(default=0)
    tries = models.IntegerField(default=0)
    status = models.IntegerField(null=True)
    error = models.TextField(default="", blank=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "journeys_outbox"
        indexes = (
            models.Index(fields=["next_at"], name="journey_outbox_due", condition=models.Q(state="pending")),
            # A lead that is erased.
            models.Index(fields=["lead_id"], name="journey_outbox_lead"),
            models.Index(fields=["at"], name="journey_outbox_age"),
        )
