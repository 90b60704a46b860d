"""Imports, and what is remembered of them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from ringround.contacts.models.defaults import _none
from ringround.contacts.models.lists import ContactList
from ringround.kernel.ids import new_id


class Import(models.Model):
    """One file's way into a list: a batch in the background that resumes where a killed worker left it."""

    class Kind(models.TextChoices):
        CONTACTS = "contacts"
        SUPPRESSIONS = "suppressions"

    class State(models.TextChoices):
        DRAFT = "draft"  # uploaded, its columns still to be confirmed -> queued
        QUEUED = "queued"  # -> running
        RUNNING = "running"  # -> done, failed; with `revert` it is being taken back -> reverted, failed
        DONE = "done"  # -> running with `revert`
        FAILED = "failed"  # -> running with `revert`, where something of it was taken
        REVERTED = "reverted"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.TextField(choices=Kind.choices, default=Kind.CONTACTS)
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+")
    # None for suppressions, and for a draft whose list is made when its columns are confirmed.
    list = models.ForeignKey(ContactList, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    state = models.TextField(choices=State.choices, default=State.QUEUED)
    dry_run = models.BooleanField(default=False)
    file_name = models.TextField()
    # Below the data folder.
    path = models.TextField()
    size = models.BigIntegerField(default=0)
    options = models.JSONField(default=dict)
    # What was detected: encoding, delimiter, header, columns with guesses.
    detected = models.JSONField(default=dict)
    code = models.TextField(default="", blank=True)
    detail = models.TextField(default="", blank=True)
    line = models.BigIntegerField(null=True)
    counts = models.JSONField(default=dict)
    # Where the next batch begins: the byte, the physical line and the row; committed with the batch.
    at_byte = models.BigIntegerField(default=0)
    at_line = models.BigIntegerField(default=0)
    at_row = models.BigIntegerField(default=0)
    # How often it was taken up since it last got on: a fault that comes again each time ends it.
    tries = models.SmallIntegerField(default=0)
    rejected_path = models.TextField(default="", blank=True)
    # How much of the rejected-rows file is committed: who takes over cuts off what a killed worker left behind it.
    rejected_bytes = models.BigIntegerField(default=0)
    campaign_ids = ArrayField(models.UUIDField(), default=_none)
    # Being taken back, or taken back: `{"by", "stage": changed|made|over, "after": the last contact looked at,
    # "gone", "restored", "kept"}`; committed with each batch, so that who takes over goes on from there.
    revert = models.JSONField(null=True)
    created_by_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    event_no = models.BigIntegerField(default=0)

    class Meta:
        db_table = "contacts_import"
        constraints = (
            models.CheckConstraint(condition=models.Q(kind__in=["contacts", "suppressions"]), name="import_kind"),
            models.CheckConstraint(
                condition=models.Q(state__in=["draft", "queued", "running", "done", "failed", "reverted"]),
                name="import_state",
            ),
        )
        indexes = (
            models.Index(fields=["list", "-id"], name="import_newest"),
            models.Index(fields=["organisation", "-id"], name="import_org_newest"),
            # What a worker is to take up again, and what screens are told about.
            models.Index(fields=["id"], name="import_open", condition=models.Q(state__in=["queued", "running"])),
        )


class ImportTold(models.Model):
    """Contacts of the list that a batch of an import was about and did not make, whether or not it changed them.

    Whoever a later import told of stays when the one that made them is taken back. A row for a batch: the same file
    every week would else write each contact each week.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    imported = models.ForeignKey(
        Import, on_delete=models.CASCADE, related_name="+", db_column="import_id", db_index=False
    )
    contacts = ArrayField(models.UUIDField())
    # The least and the greatest of them: contacts that one file made lie together, and so do those it tells of again.
    low = models.UUIDField()
    high = models.UUIDField()

    class Meta:
        db_table = "contacts_import_told"
        # What an import told of, about these contacts.
        indexes = (models.Index(fields=["imported", "low"], name="import_told"),)


class ImportKept(models.Model):
    """A contact that stayed when its import was taken back, and why."""

    class Reason(models.TextChoices):
        WORKED = "worked"  # a campaign has worked on it since
        CHANGED = "changed"  # somebody, or a later import, has changed it since
        REGISTERED = "registered"  # a later import told of it too

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    imported = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="+", db_column="import_id")
    contact_id = models.UUIDField()
    reason = models.TextField(choices=Reason.choices)

    class Meta:
        db_table = "contacts_import_kept"
        constraints = (models.UniqueConstraint(fields=["imported", "contact_id"], name="import_kept_once"),)
