"""Lists, contacts, numbers, suppression, imports."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models

from ringround.kernel.ids import new_id


def _none() -> list[object]:
    # A named default: inside a model with a field called `list` the built-in is out of reach.
    return []


class ContactList(models.Model):
    """A named collection of contacts with declared columns.

    `columns` is a list of `{"name", "type", "role"?, "required"?, "editable"?, "hidden"?, "options"?}`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+")
    name = models.TextField()
    region = models.TextField(default="DK")
    columns = models.JSONField(default=list)
    # How the last file's headers were mapped: {"Navn": "name"}.
    mapping = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)
    event_no = models.BigIntegerField(default=0)

    class Meta:
        db_table = "contacts_list"
        constraints = (models.UniqueConstraint(fields=["organisation", "name"], name="contact_list_name_once"),)

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """A person or company. `fields` holds every column but the phone columns, by column name, as JSON values."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+")
    list = models.ForeignKey(ContactList, on_delete=models.CASCADE, related_name="+")
    external_id = models.TextField(null=True)  # noqa: DJ001 - null, so that the unique constraint lets many be without
    fields = models.JSONField(default=dict)
    # Kept on write from `fields` and numbers.
    name = models.TextField(default="", blank=True)
    # `kernel.text.sort_key(name)`: the right order of æ, ø, å without ICU, compared bytewise.
    sort_name = models.TextField(default="", blank=True, db_collation="C")
    # Folded name, external id, e-mail and the digits of all numbers, for search by any part.
    search = models.TextField(default="", blank=True)
    email = models.TextField(default="", blank=True)
    timezone = models.TextField(default="", blank=True)
    country = models.TextField(default="", blank=True)
    # The contact itself (not only a number of it) must not be contacted.
    suppressed = models.BooleanField(default=False)
    import_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)
    event_no = models.BigIntegerField(default=0)

    class Meta:
        db_table = "contacts_contact"
        constraints = (models.UniqueConstraint(fields=["list", "external_id"], name="contact_external_once"),)
        indexes = (
            # A list by name, and its pages.
            models.Index(fields=["list", "sort_name", "id"], name="contact_by_name"),
            # The newest of an organisation or a list.
            models.Index(fields=["organisation", "-id"], name="contact_newest"),
            models.Index(fields=["list", "-id"], name="contact_list_newest"),
            # Matching by e-mail on import, and suppression by e-mail.
            models.Index(fields=["organisation", "email"], name="contact_email", condition=~models.Q(email="")),
            # Search by any part of name, number or external id.
            GinIndex(OpClass("search", name="gin_trgm_ops"), name="contact_search"),
        )

    def __str__(self) -> str:
        return self.name


class ContactNumber(models.Model):
    """One phone number of a contact; `label` is its column. An invalid one is kept as written, with no e164."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="numbers")
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+")
    position = models.SmallIntegerField()
    label = models.TextField()
    e164 = models.TextField(null=True)  # noqa: DJ001 - null is "not a number"
    written = models.TextField()
    type = models.TextField(default="", blank=True)
    valid = models.BooleanField(default=True)
    suppressed = models.BooleanField(default=False)

    class Meta:
        db_table = "contacts_number"
        constraints = (models.UniqueConstraint(fields=["contact", "label"], name="number_label_once"),)
        indexes = (
            # Whose number is this: matching on import, suppression, search by whole number.
            models.Index(fields=["organisation", "e164"], name="number_e164", condition=models.Q(e164__isnull=False)),
        )


class Suppression(models.Model):
    """Must not be contacted on this channel; for the organisation, or for one campaign. No expiry unless set.

    `value`: E.164, a lower-case e-mail address, or a contact's id, by `kind`.
    """

    class Channel(models.TextChoices):
        PHONE = "phone"
        EMAIL = "email"
        ANY = "any"

    class Kind(models.TextChoices):
        PHONE = "phone"
        EMAIL = "email"
        CONTACT = "contact"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+")
    # A campaign's id; campaigns live upstairs, so it is only an id here. Null is the whole organisation.
    campaign_id = models.UUIDField(null=True)
    channel = models.TextField(choices=Channel.choices)
    kind = models.TextField(choices=Kind.choices)
    value = models.TextField()
    source = models.TextField(default="", blank=True)
    source_on = models.DateField(null=True)
    expires_at = models.DateTimeField(null=True)
    created_by_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "contacts_suppression"
        constraints = (
            models.UniqueConstraint(
                fields=["organisation", "kind", "value", "channel", "campaign_id"],
                nulls_distinct=False,
                name="suppression_once",
            ),
        )


class Import(models.Model):
    """One file's way into a list: a batch in the background that resumes where a killed worker left it."""

    class State(models.TextChoices):
        QUEUED = "queued"  # -> running
        RUNNING = "running"  # -> done, failed
        DONE = "done"  # -> reverted
        FAILED = "failed"
        REVERTED = "reverted"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+")
    list = models.ForeignKey(ContactList, on_delete=models.CASCADE, related_name="+")
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
    rejected_path = models.TextField(default="", blank=True)
    campaign_ids = ArrayField(models.UUIDField(), default=_none)
    created_by_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    event_no = models.BigIntegerField(default=0)

    class Meta:
        db_table = "contacts_import"
        indexes = (models.Index(fields=["list", "-id"], name="import_newest"),)
