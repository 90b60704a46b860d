"""Reports that are sent by e-mail: when and what, to whom, and what was sent. The figures themselves are not kept."""

from __future__ import annotations

from django.db import models

from ringround.kernel.ids import new_id


class Schedule(models.Model):
    """A report that is sent each day, week or month, for the day, the seven days or the month before."""

    class Every(models.TextChoices):
        DAILY = "daily"
        WEEKLY = "weekly"
        MONTHLY = "monthly"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+")
    name = models.TextField()
    report = models.TextField()
    # The breakdown of a CSV; empty is the usual one. A workbook has them all.
    by = models.TextField(default="", blank=True)
    # With what it is narrowed to it goes too: without it, it would say more than it was meant to.
    campaign = models.ForeignKey("campaigns.Campaign", null=True, on_delete=models.CASCADE, related_name="+")
    agent = models.ForeignKey("orgs.User", null=True, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey("orgs.Team", null=True, on_delete=models.CASCADE, related_name="+")
    format = models.TextField(default="xlsx")
    every = models.TextField(choices=Every.choices)
    # In `zone`, the organisation's when `next_at` was counted; Monday is 0; the day of a month is one that every month
    # has.
    at = models.TimeField()
    weekday = models.SmallIntegerField(default=0)
    monthday = models.SmallIntegerField(default=1)
    zone = models.TextField(default="UTC")
    language = models.TextField(default="en")
    active = models.BooleanField(default=True)
    # Why it is not active, where nobody asked for that: no_recipients, not_visible, handed_over.
    stopped = models.TextField(default="", blank=True)
    next_at = models.DateTimeField()
    created_by = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "reports_schedule"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(every__in=["daily", "weekly", "monthly"]), name="report_schedule_every"
            ),
        )
        indexes = (
            # What has come due.
            models.Index(fields=["next_at"], name="report_schedule_due", condition=models.Q(active=True)),
        )

    def __str__(self) -> str:
        return self.name


class Recipient(models.Model):
    """Somebody who gets it, or got it: what was sent to whom stays to be read. Whoever stopped it stays stopped until
    they are taken off and then put in again: nobody does that by mistake."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="recipients")
    email = models.EmailField(max_length=254)
    stopped_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "reports_recipient"
        constraints = (models.UniqueConstraint(fields=["schedule", "email"], name="report_recipient_once"),)


class Sending(models.Model):
    """One time that it was sent, or is to be. `key` tells one time from another: of a scheduled one its due time."""

    class State(models.TextChoices):
        QUEUED = "queued"  # -> done, failed
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="sendings")
    key = models.TextField()
    since = models.DateTimeField()
    until = models.DateTimeField()
    state = models.TextField(choices=State.choices, default=State.QUEUED)
    error = models.TextField(default="", blank=True)
    # Who asked for it; null: the schedule.
    by = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "reports_sending"
        constraints = (
            # However often the schedule is found due, it is sent once for each time.
            models.UniqueConstraint(fields=["schedule", "key"], name="report_sending_once"),
        )


class ClientExport(models.Model):
    """An archive of all that an organisation has here, for a while. Its times are real ones."""

    class State(models.TextChoices):
        QUEUED = "queued"  # -> running
        RUNNING = "running"  # -> done, failed
        DONE = "done"  # -> gone
        FAILED = "failed"
        GONE = "gone"  # its file is deleted: its time is over, or the organisation's data was deleted

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False)
    state = models.TextField(choices=State.choices, default=State.QUEUED)
    format = models.TextField()
    # Why it failed: not_allowed, lost.
    code = models.TextField(default="", blank=True)
    rows = models.BigIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    # Below the data folder; empty as long as there is none.
    path = models.TextField(default="", blank=True)
    created_by = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "reports_client_export"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state__in=["queued", "running", "done", "failed", "gone"]),
                name="client_export_state",
            ),
            # One at a time.
            models.UniqueConstraint(
                fields=["organisation"],
                condition=models.Q(state__in=["queued", "running"]),
                name="client_export_open_once",
            ),
        )
        # The list of an organisation, newest first.
        indexes = (models.Index(fields=["organisation", "-id"], name="client_export_newest"),)


class ClientDeletion(models.Model):
    """All of a client's data is being deleted, or was; what is done is written with each batch. Real times."""

    organisation = models.OneToOneField(
        "orgs.Organisation", primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    contacts = models.BigIntegerField(default=0)
    suppressions = models.BigIntegerField(default=0)
    # How much payment providers are still to be told, and until when that is not looked at again.
    waiting = models.BigIntegerField(default=0)
    waits_until = models.DateTimeField(null=True)
    # How much they could not be told, null until that is known; and of the first {"what", "kind", "account", "ref"}.
    untold = models.BigIntegerField(null=True)
    listed = models.JSONField(default=list)
    created_by = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "reports_client_deletion"
        # What is under way.
        indexes = (
            models.Index(
                fields=["created_at"], name="client_deletion_open", condition=models.Q(finished_at__isnull=True)
            ),
        )


class Mail(models.Model):
    """One mail to one recipient: the outbox. Its id is its Message-ID, the same however often it is tried."""

    class State(models.TextChoices):
        QUEUED = "queued"  # -> sent, failed, skipped
        SENT = "sent"
        FAILED = "failed"
        SKIPPED = "skipped"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sending = models.ForeignKey(Sending, on_delete=models.CASCADE, related_name="mails")
    recipient = models.ForeignKey(Recipient, on_delete=models.CASCADE, related_name="+")
    state = models.TextField(choices=State.choices, default=State.QUEUED)
    tries = models.IntegerField(default=0)
    # Whoever hands it over has it until then; nobody else takes it up before.
    sending_until = models.DateTimeField(null=True)
    # `words.MAIL_ERRORS`, or the number that the mail server answered.
    error = models.TextField(default="", blank=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "reports_mail"
        constraints = (models.UniqueConstraint(fields=["sending", "recipient"], name="report_mail_once"),)
