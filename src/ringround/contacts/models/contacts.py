"""Contacts, their numbers, and what was changed on them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models

from ringround.contacts.models.defaults import _none
from ringround.contacts.models.lists import ContactList
from ringround.kernel.ids import new_id


class Contact(models.Model):
    """A person or company. `fields` holds every column but the phone columns, by column name, as JSON values."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # The composite indexes below begin with these two. Neither is checked by the database, row by row (ADR 0170): the
    # organisation is the list's, and the list is locked by whoever adds to it.
    organisation = models.ForeignKey(
        "orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    list = models.ForeignKey(
        ContactList, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    external_id = models.TextField(null=True)  # null, so that the unique constraint lets many be without
    fields = models.JSONField(default=dict)
    # Kept on write from `fields` and numbers.
    name = models.TextField(default="", blank=True)
    # `kernel.text.sort_key(name)`: the right order of æ, ø, å without ICU, compared bytewise.
    sort_name = models.TextField(default="", blank=True, db_collation="C")
    # Folded name, external id, e-mail and the digits of all numbers, for search by any part.
    search = models.TextField(default="", blank=True)
    # In lower case, for matching and suppression; `fields` keeps it as written.
    email = models.TextField(default="", blank=True)
    timezone = models.TextField(default="", blank=True)
    country = models.TextField(default="", blank=True)
    # `rules.registers.place_key`: by what entries of registers by name and address are found that may be this contact.
    # Null where name, street or post code is missing.
    place_key = models.BigIntegerField(null=True)
    # The contact itself (not only a number of it) must not be contacted.
    suppressed = models.BooleanField(default=False)
    # The import that made it, and the last one that changed it with the digests of the rows it brought. A row that is
    # among them has nothing new to say: so the same file again changes nothing, whatever order its rows have. A change
    # by hand empties the digests.
    import_id = models.UUIDField(null=True)
    changed_by_import_id = models.UUIDField(null=True)
    row_digests = ArrayField(models.BigIntegerField(), default=_none)
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
            # Whom an entry of a register may be.
            models.Index(
                fields=["organisation", "place_key"], name="contact_place", condition=models.Q(place_key__isnull=False)
            ),
            # Which contact a row of a file has told of before: most contacts were told by one row. Those of several are
            # few; their index is kept at once, since each look would read all that is still to be sorted into it.
            models.Index(
                models.F("list"),
                models.Func(models.F("row_digests"), template="((%(expressions)s)[1])"),
                name="contact_first_digest",
            ),
            GinIndex(
                fields=["row_digests"],
                name="contact_more_digests",
                fastupdate=False,
                condition=models.Q(row_digests__1__isnull=False),
            ),
            # Search by any part of name, number or external id.
            GinIndex(OpClass("search", name="gin_trgm_ops"), name="contact_search"),
        )

    def __str__(self) -> str:
        return self.name


class ContactNumber(models.Model):
    """One phone number of a contact; `label` is its column. An invalid one is kept as written, with no e164."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Found by the unique constraint and by `number_e164`. Not checked by the database (ADR 0170): a number is written
    # with its contact, or under its contact's lock.
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="numbers", db_index=False, db_constraint=False
    )
    organisation = models.ForeignKey(
        "orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    position = models.SmallIntegerField()
    label = models.TextField()
    e164 = models.TextField(null=True)  # null is "not a number"
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


class ContactChange(models.Model):
    """One change of a contact's columns: who, by what, and what each said before and after. The history on its page,
    and what taking an import back goes by.

    `changes` is `{column: [before, after]}`, a phone number as it was written; null is an empty column.
    """

    class Via(models.TextChoices):
        PERSON = "person"
        API = "api"
        AGENT = "agent"
        IMPORT = "import"
        REVERT = "revert"  # of the import

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    via = models.TextField(choices=Via.choices)
    user_id = models.UUIDField(null=True)
    import_id = models.UUIDField(null=True)
    changes = models.JSONField()

    class Meta:
        db_table = "contacts_change"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(via__in=["person", "api", "agent", "import", "revert"]), name="contact_change_via"
            ),
        )
        indexes = (
            # A contact's history, newest first.
            models.Index(fields=["contact", "-id"], name="contact_change_history"),
            # What an import changed, to take it back.
            models.Index(
                fields=["import_id", "contact", "-id"],
                name="contact_change_import",
                condition=models.Q(via="import"),
            ),
        )
