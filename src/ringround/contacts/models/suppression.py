"""Who must not be contacted."""

from __future__ import annotations

from django.db import models

from ringround.contacts.models.registers import RegisterHit
from ringround.kernel.ids import new_id


class Suppression(models.Model):
    """Must not be contacted on this channel; for the organisation, or for one campaign. No expiry unless set.

    `value`: E.164, a lower-case e-mail address, or a contact's id, by `kind`. A contact, or an e-mail address on
    channel any, bars the person on all numbers; a number bars that number. So says `contacts_suppressed()` too.
    """

    class Channel(models.TextChoices):
        PHONE = "phone"  # calls and SMS
        SMS = "sms"  # SMS alone: may be called
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
    # The hit in a register by name and address that bars; it goes with it.
    hit = models.ForeignKey(RegisterHit, null=True, on_delete=models.CASCADE, related_name="+")
    created_by_id = models.UUIDField(null=True)
    created_at = models.DateTimeField()
    event_no = models.BigIntegerField(default=0)

    class Meta:
        db_table = "contacts_suppression"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(channel__in=["phone", "sms", "email", "any"]), name="suppression_channel"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=["phone", "email", "contact"]), name="suppression_kind"),
            models.UniqueConstraint(
                # Of each hit its own: what somebody said by hand stays when a register no longer says so.
                fields=["organisation", "kind", "value", "channel", "campaign_id", "hit"],
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
