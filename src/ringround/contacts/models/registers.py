"""Registers by name and address, and whom they hit."""

from __future__ import annotations

from django.db import models

from ringround.contacts.models.contacts import Contact
from ringround.kernel.ids import new_id


class Register(models.Model):
    """A register by name and address (Robinson), of which each issue replaces the one before. The organisation's, or
    for one campaign."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False)
    campaign_id = models.UUIDField(null=True)
    channel = models.TextField()
    # What it is called; the source of what it bars.
    source = models.TextField()
    source_on = models.DateField(null=True)
    # The issue that stands; null until the first is whole.
    import_id = models.UUIDField(null=True)
    # How many stand in it, be it by two issues while one is read: a million are not counted for each look at the page.
    entries = models.BigIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField()
    event_no = models.BigIntegerField(default=0)

    class Meta:
        db_table = "contacts_register"
        constraints = (
            models.CheckConstraint(condition=models.Q(channel__in=["phone", "email", "any"]), name="register_channel"),
            models.UniqueConstraint(
                fields=["organisation", "source", "channel", "campaign_id"], nulls_distinct=False, name="register_once"
            ),
        )

    def __str__(self) -> str:
        return self.source


class RegisterEntry(models.Model):
    """Who stands in an issue of a register, as written there. While an issue is read the one before stands too."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # The organisation is the register's, whose key is checked.
    organisation = models.ForeignKey(
        "orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    register = models.ForeignKey(Register, on_delete=models.CASCADE, related_name="+", db_index=False)
    import_id = models.UUIDField()
    place_key = models.BigIntegerField()
    # `rules.registers.print_of`: the same in each issue.
    print = models.BigIntegerField()
    name = models.TextField()
    address = models.TextField()
    post_code = models.TextField()
    city = models.TextField()

    class Meta:
        db_table = "contacts_register_entry"
        constraints = (
            # Also what is left of the issue before.
            models.UniqueConstraint(fields=["register", "import_id", "print"], name="register_entry_once"),
        )
        indexes = (
            # Who of the registers a contact may be.
            models.Index(fields=["organisation", "place_key"], name="register_entry_place"),
        )


class RegisterHit(models.Model):
    """A contact that is, or may be, an entry of a register.

    What somebody has decided outlives the entry and is taken up again with the next issue, as long as the contact is
    written as it was (`contact_print`).
    """

    class State(models.TextChoices):
        EXACT = "exact"  # bars -> refused
        OPEN = "open"  # near, to be looked at -> accepted, refused
        ACCEPTED = "accepted"  # bars -> refused
        REFUSED = "refused"  # somebody else -> accepted

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(
        "orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    register = models.ForeignKey(Register, on_delete=models.CASCADE, related_name="+", db_index=False)
    # Null: decided, and not in the issue that stands.
    entry = models.ForeignKey(RegisterEntry, null=True, on_delete=models.SET_NULL, related_name="+")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    entry_print = models.BigIntegerField()
    contact_print = models.BigIntegerField()
    state = models.TextField(choices=State.choices)
    decided_by_id = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "contacts_register_hit"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state__in=["exact", "open", "accepted", "refused"]), name="register_hit_state"
            ),
            models.UniqueConstraint(fields=["register", "contact", "entry_print"], name="register_hit_once"),
        )
        # The page of those to be looked at, the newest first.
        indexes = (models.Index(fields=["organisation", "state", "-id"], name="register_hit_page"),)
