"""Parts of long messages that people write to us."""

from __future__ import annotations

from django.db import models


class HeardPart(models.Model):
    """A part that has come, until its message is whole or was waited for long enough. After that it is known for a
    while, without its words: a part whose answer was lost is brought again. Real times."""

    id = models.BigAutoField(primary_key=True)
    transport = models.ForeignKey("messaging.Transport", on_delete=models.CASCADE, related_name="+", db_index=False)
    # Whose it is and to whom, as the provider says; and the mark that the parts of a message have in common.
    number = models.TextField()
    to = models.TextField()
    ref = models.IntegerField()
    part = models.SmallIntegerField()
    total = models.SmallIntegerField()
    text = models.TextField(default="", blank=True)
    # Of its words: the same for the same.
    mark = models.TextField()
    came_at = models.DateTimeField()
    joined_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "messaging_heard_part"
        constraints = (
            models.UniqueConstraint(
                fields=["transport", "number", "to", "ref", "part"], name="message_heard_part_once"
            ),
        )
        indexes = (
            # Those that are waited for no longer, and those that are known no longer.
            models.Index(fields=["came_at"], name="message_heard_late", condition=models.Q(joined_at__isnull=True)),
            models.Index(fields=["joined_at"], name="message_heard_old", condition=models.Q(joined_at__isnull=False)),
        )
