"""Systems of others: diallers and CRMs that work leads here, and pages that are opened or told for a lead."""

from __future__ import annotations

from django.db import models

from ringround.kernel.ids import new_id


class ExternalSystem(models.Model):
    """A system that starts calls and says what happened, by its own ids of campaigns, leads and agents."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+")
    # In the addresses that it calls.
    key = models.TextField()
    name = models.TextField()
    # {its id of an agent: the user's id}
    agents = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "campaigns_external_system"
        constraints = (models.UniqueConstraint(fields=["organisation", "key"], name="external_system_key_once"),)


class ExternalSite(models.Model):
    """A page or an interface of somebody else's that is opened, or told, for a lead. What it may say: `rules.site`."""

    class Method(models.TextChoices):
        GET = "get"
        POST_FORM = "post_form"
        POST_JSON = "post_json"

    class Opens(models.TextChoices):
        ON_CONNECT = "on_connect"
        BUTTON = "button"
        ON_DISPOSITION = "on_disposition"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+")
    name = models.TextField()
    url = models.TextField()
    method = models.TextField(choices=Method.choices)
    # {name: value}; placeholders stand in the values.
    parameters = models.JSONField(default=dict)
    opens = models.TextField(choices=Opens.choices)
    # JSON of {name: value encrypted}, of what is sent from here: `campaigns.headers`.
    headers = models.TextField(default="", blank=True, db_default="")
    created_at = models.DateTimeField()
    # Of what is sent from here; real times. It rests until `next_at` after failing several times in a row.
    failures = models.IntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    next_at = models.DateTimeField()

    class Meta:
        db_table = "campaigns_external_site"
        # The list of an organisation.
        indexes = (models.Index(fields=["organisation", "-id"], name="external_site_list"),)

    def __str__(self) -> str:
        return self.name


class SiteDelivery(models.Model):
    """One telling of an external site from here, as it was when it happened. All its times are real ones."""

    class State(models.TextChoices):
        PENDING = "pending"  # -> delivered, failed
        DELIVERED = "delivered"  # -> pending: sent again by hand
        FAILED = "failed"  # -> pending: sent again by hand

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    site = models.ForeignKey(ExternalSite, on_delete=models.CASCADE, related_name="+", db_index=False)
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, related_name="+", db_index=False)
    lead = models.ForeignKey("campaigns.Lead", on_delete=models.CASCADE, related_name="+")
    agent = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    # The lead's number of events then: what happened to one lead is told in this order.
    lead_no = models.BigIntegerField()
    # Why: as ExternalSite.Opens.
    moment = models.TextField()
    method = models.TextField()
    url = models.TextField()
    body = models.TextField(default="")
    content_type = models.TextField(default="")
    state = models.TextField(choices=State.choices, default=State.PENDING)
    # Sent again by hand: out of order.
    manual = models.BooleanField(default=False)
    # When it is due; while it is being sent, when its lease ends.
    next_at = models.DateTimeField()
    # The lease again, and null when the try is over: how many are under way is counted by it.
    sending_until = models.DateTimeField(null=True)
    tries = models.IntegerField(default=0)
    last_at = models.DateTimeField(null=True)
    status = models.IntegerField(null=True)
    error = models.TextField(default="")
    answer = models.TextField(default="")
    created_at = models.DateTimeField()

    class Meta:
        db_table = "campaigns_site_delivery"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state__in=["pending", "delivered", "failed"]), name="site_delivery_state"
            ),
        )
        indexes = (
            # The log of a site, newest first; and of a state.
            models.Index(fields=["site", "-id"], name="site_delivery_log"),
            models.Index(fields=["site", "-id"], name="site_delivery_failed", condition=models.Q(state="failed")),
            # What is due, and whether an earlier one of the lead still waits.
            models.Index(fields=["site", "next_at"], name="site_delivery_due", condition=models.Q(state="pending")),
            models.Index(fields=["lead", "lead_no"], name="site_delivery_lead", condition=models.Q(state="pending")),
            # What is under way.
            models.Index(
                fields=["sending_until"],
                name="site_delivery_sending",
                condition=models.Q(state="pending", sending_until__isnull=False),
            ),
            # Which are past their days.
            models.Index(fields=["created_at"], name="site_delivery_age"),
        )
