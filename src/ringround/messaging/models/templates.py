"""What is written again and again: a template, and its text in each language."""

from __future__ import annotations

from django.db import models

from ringround.kernel.ids import new_id

CHANNELS = ("sms", "email")


class Template(models.Model):
    """A text of a merchant's or an agency's. What was sent by it keeps its own text."""

    class Channel(models.TextChoices):
        SMS = "sms"
        EMAIL = "email"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.TextField()
    channel = models.TextField(choices=Channel.choices)
    # Taken where there is no text in the language that was asked for.
    language = models.TextField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    # Deleted by its owner: messages and journeys name it still.
    archived_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "messaging_template"
        constraints = (
            models.UniqueConstraint(
                fields=["organisation", "channel", "name"],
                condition=models.Q(archived_at__isnull=True),
                name="message_template_name_once",
            ),
            models.CheckConstraint(condition=models.Q(channel__in=["sms", "email"]), name="message_template_channel"),
        )
        # The list of an organisation.
        indexes = (models.Index(fields=["organisation", "-id"], name="message_template_newest"),)

    def __str__(self) -> str:
        return self.name


class TemplateText(models.Model):
    """A template in one language."""

    id = models.BigAutoField(primary_key=True)
    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="texts", db_index=False)
    language = models.TextField()
    subject = models.TextField(default="", blank=True)
    text = models.TextField(default="", blank=True)
    html = models.TextField(default="", blank=True)

    class Meta:
        db_table = "messaging_template_text"
        constraints = (models.UniqueConstraint(fields=["template", "language"], name="message_template_language_once"),)
