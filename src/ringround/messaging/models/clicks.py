"""What became of a sent mail's links, and who has taken themselves off by one."""

from __future__ import annotations

from django.db import models

from ringround.kernel.ids import new_id


class Click(models.Model):
    """The first time a link was followed by a person, and the first time by a machine; no more, however often it is.

    While `due_at` is set it is not known yet which of the two it was: what else is followed close to it says so.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    message = models.ForeignKey("messaging.Message", on_delete=models.CASCADE, related_name="+", db_index=False)
    # Its place among the links of the mail, from 0.
    link = models.SmallIntegerField()
    machine = models.BooleanField()
    # Why it was taken for a machine's: `rules.tracking.machine`.
    why = models.TextField(default="", blank=True)
    at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "messaging_click"
        constraints = (models.UniqueConstraint(fields=["message", "link", "machine"], name="click_once"),)
        indexes = (models.Index(fields=["due_at"], name="click_due", condition=models.Q(due_at__isnull=False)),)


class Unsubscribe(models.Model):
    """The receiver of this message took themselves off by its link; what they may take back."""

    message = models.OneToOneField("messaging.Message", primary_key=True, on_delete=models.CASCADE, related_name="+")
    # The suppression that was made of it.
    suppression_id = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        db_table = "messaging_unsubscribe"
