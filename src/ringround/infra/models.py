"""Tables of the cellar. They are written by named SQL and read by the relay; the models give the schema."""

from __future__ import annotations

from django.db import models

from ringround.kernel.ids import new_id


class EventOut(models.Model):
    """An event as its business transaction left it: without a number. The relay moves it to `Event`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    org_id = models.UUIDField()
    also_org_id = models.UUIDField(null=True)
    type = models.TextField()
    subject_type = models.TextField()
    subject_id = models.UUIDField()
    # Drawn under the subject's lock: the only truth about the order of one subject's events.
    subject_no = models.BigIntegerField()
    at = models.DateTimeField()
    data = models.JSONField(default=dict)
    cause = models.JSONField(null=True)

    class Meta:
        db_table = "infra_event_out"


class Event(models.Model):
    """The numbered log: append only, `seq` is the cursor that readers keep."""

    seq = models.BigIntegerField(primary_key=True)
    id = models.UUIDField(unique=True)
    org_id = models.UUIDField()
    also_org_id = models.UUIDField(null=True)
    type = models.TextField()
    subject_type = models.TextField()
    subject_id = models.UUIDField()
    subject_no = models.BigIntegerField()
    at = models.DateTimeField()
    data = models.JSONField(default=dict)
    cause = models.JSONField(null=True)

    class Meta:
        db_table = "infra_event"
        indexes = (
            # The change feed of an organisation, resumed at a cursor.
            models.Index(fields=["org_id", "seq"], name="event_feed"),
            # The feed of an agency: events of campaigns it works for a merchant.
            models.Index(
                fields=["also_org_id", "seq"], name="event_feed_agency", condition=models.Q(also_org_id__isnull=False)
            ),
        )


class Cursor(models.Model):
    """How far a reader of the log has come."""

    name = models.TextField(primary_key=True)
    seq = models.BigIntegerField(default=0)

    class Meta:
        db_table = "infra_cursor"


class ParkedReaction(models.Model):
    """A reaction that failed on an event, or waits behind one of the same subject that did. See `relay.reactions`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seq = models.BigIntegerField()
    reaction = models.TextField()
    type = models.TextField()
    org_id = models.UUIDField()
    subject_id = models.UUIDField()
    # Empty while it only waits.
    error = models.TextField(default="")
    tries = models.IntegerField(default=0)
    parked_at = models.DateTimeField()
    next_at = models.DateTimeField()

    class Meta:
        db_table = "infra_parked_reaction"
        constraints = (models.UniqueConstraint(fields=["seq", "reaction"], name="parked_reaction_once"),)
        indexes = (
            # Whether something of a subject waits, and which of it is first.
            models.Index(fields=["subject_id", "reaction", "seq"], name="parked_reaction_subject"),
        )


class AuditPending(models.Model):
    """An audit row as its transaction left it; the sealer moves it into the chain."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    at = models.DateTimeField()
    org_id = models.UUIDField(null=True)
    actor_type = models.TextField()
    actor_id = models.UUIDField(null=True)
    acting_org_id = models.UUIDField(null=True)
    action = models.TextField()
    subject_type = models.TextField()
    subject_id = models.UUIDField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        db_table = "infra_audit_pending"
        indexes = (models.Index(fields=["org_id", "at"], name="audit_pending_page"),)


class Audit(models.Model):
    """The sealed chain: each row's hash covers its content and the hash before it."""

    seq = models.BigIntegerField(primary_key=True)
    id = models.UUIDField(unique=True)
    at = models.DateTimeField()
    org_id = models.UUIDField(null=True)
    actor_type = models.TextField()
    actor_id = models.UUIDField(null=True)
    acting_org_id = models.UUIDField(null=True)
    action = models.TextField()
    subject_type = models.TextField()
    subject_id = models.UUIDField(null=True)
    data = models.JSONField(default=dict)
    hash = models.BinaryField()

    class Meta:
        db_table = "infra_audit"
        indexes = (
            # The audit page of an organisation, newest first.
            models.Index(fields=["org_id", "-seq"], name="audit_page"),
            # The history of one thing.
            models.Index(fields=["subject_id", "-seq"], name="audit_subject"),
        )


class AuditHead(models.Model):
    """Where the chain ends. Kept apart so that cutting rows off its end is found."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    seq = models.BigIntegerField(default=0)
    hash = models.BinaryField(default=b"")

    class Meta:
        db_table = "infra_audit_head"
