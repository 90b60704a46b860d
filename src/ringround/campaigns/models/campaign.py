"""The plan: a campaign, its people, dispositions and form, and its folded counts."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from ringround.kernel.ids import new_id


class Campaign(models.Model):
    """A plan to reach contacts. `settings` holds the parameters named in the API, each with its default."""

    class State(models.TextChoices):
        UNAPPROVED = "unapproved"  # approve -> approved
        APPROVED = "approved"  # start -> running
        RUNNING = "running"  # pause -> paused, complete -> completed
        PAUSED = "paused"  # start -> running, complete -> completed
        COMPLETED = "completed"  # reopen -> paused
        ARCHIVED = "archived"

    class Mode(models.TextChoices):
        MANUAL = "manual"
        PREVIEW = "preview"
        PROGRESSIVE = "progressive"
        PREDICTIVE = "predictive"
        AUTO_CALLBACK = "auto_callback"
        STREET = "street"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+")
    agency = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+")
    name = models.TextField()
    description = models.TextField(default="", blank=True)
    mode = models.TextField(choices=Mode.choices)
    state = models.TextField(choices=State.choices, default=State.UNAPPROVED)
    lists = models.ManyToManyField("contacts.ContactList", related_name="+", db_table="campaigns_campaign_list")
    follow_lists = models.BooleanField(default=True)
    timezone = models.TextField(default="Europe/Copenhagen")
    hours = models.JSONField(default=dict)
    # The country whose holidays count where the lead's is not known; null: holidays are off.
    holidays = models.TextField(null=True, default="DK")
    packs = ArrayField(models.TextField(), default=list)
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    target = models.PositiveIntegerField(null=True)
    priority = models.SmallIntegerField(default=50)
    script = models.TextField(default="", blank=True)
    external_system = models.TextField(null=True)
    external_campaign_id = models.TextField(null=True)
    external_site = models.TextField(null=True)
    workflow = models.UUIDField(null=True)
    caller_ids = ArrayField(models.TextField(), default=list)
    settings = models.JSONField(default=dict)
    preassignment = models.JSONField(default=dict)
    # The wizard's step that has been saved last, 1 to 5; so that it can be reopened where it was left.
    wizard_step = models.SmallIntegerField(default=1)
    created_by = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+")
    approved_by = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    next_position = models.BigIntegerField(default=1)
    event_no = models.BigIntegerField(default=0)
    # Rises with each change; a form that was opened on an older version is told so (two managers at once).
    version = models.IntegerField(default=1)
    # Who changed which parameter last, and as which version: {"target": [7, "<user id>"], "settings.skip": [3, …]}.
    changed = models.JSONField(default=dict)

    class Meta:
        db_table = "campaigns_campaign"
        constraints = (
            models.UniqueConstraint(fields=["merchant", "name"], name="campaign_name_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=["unapproved", "approved", "running", "paused", "completed", "archived"]),
                name="campaign_state",
            ),
        )
        indexes = (
            models.Index(fields=["agency", "-id"], name="campaign_agency"),
            models.Index(fields=["state"], name="campaign_running", condition=models.Q(state="running")),
        )

    def __str__(self) -> str:
        return self.name


class CampaignTemplate(models.Model):
    """A plan kept to start campaigns from: by the API's names, as `queries.templates.plan_of` took it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.TextField()
    mode = models.TextField(choices=Campaign.Mode.choices)
    plan = models.JSONField(default=dict)
    created_by = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "campaigns_template"
        # Also what the list of a merchant's templates is read by.
        constraints = (models.UniqueConstraint(fields=["merchant", "name"], name="template_name_once"),)

    def __str__(self) -> str:
        return self.name


class CampaignMember(models.Model):
    """An agent or supervisor on a campaign. The agent's row is locked by each hand-out to them."""

    class Duty(models.TextChoices):
        AGENT = "agent"
        SUPERVISOR = "supervisor"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey("orgs.User", on_delete=models.CASCADE, related_name="+")
    duty = models.TextField(choices=Duty.choices)
    # Automatic redials given since the last new lead, for `new_per_retried`.
    retried_streak = models.IntegerField(default=0)

    class Meta:
        db_table = "campaigns_member"
        constraints = (models.UniqueConstraint(fields=["campaign", "user", "duty"], name="campaign_member_once"),)
        indexes = (models.Index(fields=["user", "duty"], name="member_user"),)


class DealingPart(models.Model):
    """Some rows of a file of pre-assignments, `[lead, agent, position]`, kept until it has been dealt."""

    id = models.BigAutoField(primary_key=True)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+")
    file = models.UUIDField()
    rows = models.JSONField(default=list)
    # Rows of a part that has been dealt which named nobody or no lead; null: to be dealt.
    unknown = models.IntegerField(null=True)

    class Meta:
        db_table = "campaigns_dealing_part"


class CampaignZone(models.Model):
    """The distinct zones of a campaign's leads: the claim asks which of these few are open now.

    `key` is `<zone>[,<zone>]|<country>`: a number that may lie in two zones must be open in both.
    """

    id = models.AutoField(primary_key=True)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+")
    key = models.TextField()

    class Meta:
        db_table = "campaigns_zone"
        constraints = (models.UniqueConstraint(fields=["campaign", "key"], name="campaign_zone_once"),)


class Disposition(models.Model):
    """What the agent says happened. `status` is the lead status it sets; two are locked in every campaign."""

    class Kind(models.TextChoices):
        ENGAGED = "engaged"
        NOT_ENGAGED = "not_engaged"
        NO_CONTACT = "no_contact"
        CALLBACK_PRIVATE = "callback_private"
        CALLBACK_COMMON = "callback_common"
        DO_NOT_CALL_BACK = "do_not_call_back"
        INVALID = "invalid"
        NO_ACTION = "no_action"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="dispositions")
    name = models.TextField()
    kind = models.TextField(choices=Kind.choices)
    status = models.TextField(null=True)
    outcome = models.TextField(null=True)
    opens_form = models.BooleanField(default=False)
    hidden = models.BooleanField(default=False)
    position = models.SmallIntegerField(default=0)
    color = models.TextField(default="", blank=True)
    hotkey = models.TextField(default="", blank=True)
    locked = models.BooleanField(default=False)
    retry = models.JSONField(null=True)
    sub = ArrayField(models.TextField(), default=list)
    # Taken off the campaign, but named by attempts that were made with it.
    removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "campaigns_disposition"
        constraints = (
            models.UniqueConstraint(
                fields=["campaign", "name"], condition=models.Q(removed_at__isnull=True), name="disposition_name_once"
            ),
        )

    def __str__(self) -> str:
        return self.name


class FormField(models.Model):
    """A question of the campaign's form; its answer is the lead's result data under `key`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="form_fields")
    key = models.TextField()
    label = models.TextField()
    type = models.TextField()
    required = models.BooleanField(default=False)
    default = models.JSONField(null=True)
    options = ArrayField(models.TextField(), default=list)
    # {"key": "...", "value": ...}: shown when that answer is this.
    shown_if = models.JSONField(null=True)
    position = models.SmallIntegerField(default=0)
    # Not asked any more; answers given before are still told by this label. The same key again brings it back.
    removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "campaigns_form_field"
        constraints = (models.UniqueConstraint(fields=["campaign", "key"], name="form_key_once"),)


class CampaignCountDelta(models.Model):
    """Counts are appended here by hot transactions and folded by the relay; no row is fought over."""

    id = models.BigAutoField(primary_key=True)
    campaign_id = models.UUIDField()
    key = models.TextField()
    n = models.BigIntegerField()

    class Meta:
        db_table = "campaigns_count_delta"
        indexes = (models.Index(fields=["campaign_id"], name="count_delta_campaign"),)


class CampaignCount(models.Model):
    """Folded counts by key: `engaged`, `leads`, `status:<status>`. Read together with the deltas not yet folded."""

    id = models.BigAutoField(primary_key=True)
    campaign_id = models.UUIDField()
    key = models.TextField()
    n = models.BigIntegerField(default=0)

    class Meta:
        db_table = "campaigns_count"
        constraints = (models.UniqueConstraint(fields=["campaign_id", "key"], name="campaign_count_once"),)
