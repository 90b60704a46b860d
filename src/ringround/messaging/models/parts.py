"""Parts of long messages that are handed over one by one."""

from __future__ import annotations

from django.db import models


class MessagePart(models.Model):
    """A part that the provider has taken; one that has no row is to be handed over. Only of messages in several."""

    id = models.BigAutoField(primary_key=True)
    message = models.ForeignKey("messaging.Message", on_delete=models.CASCADE, related_name="+", db_index=False)
    number = models.SmallIntegerField()
    provider_id = models.TextField(default="", blank=True)
    # As a message's (`rules.delivery.Status`): what its own receipt said.
    status = models.TextField(default="sent")

    class Meta:
        db_table = "messaging_part"
        constraints = (models.UniqueConstraint(fields=["message", "number"], name="message_part_once"),)
        indexes = (
            # What a receipt is about.
            models.Index(fields=["provider_id"], name="message_part_provider", condition=~models.Q(provider_id="")),
        )
