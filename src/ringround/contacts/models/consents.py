"""What a contact is to the merchant, and has agreed to."""

from __future__ import annotations

from django.db import models

from ringround.contacts.models.contacts import Contact
from ringround.kernel.ids import new_id


class Relation(models.Model):
    """What a contact is to the merchant: at most one. A table of its own, since most contacts have none."""

    class Kind(models.TextChoices):
        DONOR = "donor"
        MEMBER = "member"
        CUSTOMER = "customer"
        NONE = "none"

    # Both go with the contact, by the database itself (migration): an import deletes contacts by statements too.
    contact = models.OneToOneField(
        Contact, primary_key=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    kind = models.TextField(choices=Kind.choices)
    since = models.DateField(null=True)
    until = models.DateField(null=True)  # the last day

    class Meta:
        db_table = "contacts_relation"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind__in=["donor", "member", "customer", "none"]), name="relation_kind"
            ),
        )


class Consent(models.Model):
    """A person has agreed to be contacted on a channel. One that is withdrawn stays, as the proof of what was."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    contact = models.ForeignKey(
        Contact, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    channel = models.TextField()
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    source = models.TextField()  # where: a form, a call, a paper
    text_version = models.TextField(default="", blank=True)  # which wording they were shown
    recorded_at = models.DateTimeField()
    recorded_by_id = models.UUIDField(null=True)

    class Meta:
        db_table = "contacts_consent"
        constraints = (
            models.CheckConstraint(condition=models.Q(channel__in=["phone", "email", "any"]), name="consent_channel"),
        )
        # Those of a contact, for a call and its page.
        indexes = (models.Index(fields=["contact", "-given_at"], name="consent_of_contact"),)
