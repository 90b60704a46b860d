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
    # Kept under the list's lock by whoever adds or deletes: counting a million rows is no work for a page.
    contact_count = models.BigIntegerField(default=0)
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


class Suppression(models.Model):
    """Must not be contacted on this channel; for the organisation, or for one campaign. No expiry unless set.

    `value`: E.164, a lower-case e-mail address, or a contact's id, by `kind`. A contact, or an e-mail address on
    channel any, bars the person on all numbers; a number bars that number. So says `contacts_suppressed()` too.
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
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False)
    # A campaign's id; campaigns live upstairs, so it is only an id here. Null is the whole organisation.
    campaign_id = models.UUIDField(null=True)
    channel = models.TextField(choices=Channel.choices)
    kind = models.TextField(choices=Kind.choices)
    value = models.TextField(db_collation="C")
    source = models.TextField(default="", blank=True)
    source_on = models.DateField(null=True)
    expires_at = models.DateTimeField(null=True)
    # Its expiry has been noticed and the marks on contacts taken back.
    lapsed = models.BooleanField(default=False)
    import_id = models.UUIDField(null=True)
    created_by_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    event_no = models.BigIntegerField(default=0)

    class Meta:
        db_table = "contacts_suppression"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(channel__in=["phone", "email", "any"]), name="suppression_channel"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=["phone", "email", "contact"]), name="suppression_kind"),
            models.UniqueConstraint(
                fields=["organisation", "kind", "value", "channel", "campaign_id"],
                nulls_distinct=False,
                name="suppression_once",
            ),
        )
        indexes = (
            # The page, newest first.
            models.Index(fields=["organisation", "-id"], name="suppression_newest"),
            # What time lets lapse.
            models.Index(
                fields=["expires_at"],
                name="suppression_lapses",
                condition=models.Q(expires_at__isnull=False, lapsed=False),
            ),
        )


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
