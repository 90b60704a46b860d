"""Sessions, one attempt each, and the links by which donors approve them."""

from __future__ import annotations

from django.db import models

from ringround.kernel.ids import new_id

STATUSES = ("New", "Processing", "Complete", "Rejected", "Failed", "Expired")
PHASES = ("submitted", "link_sent", "link_opened", "at_gateway", "done")
ACTIONS = (
    "sign_up", "change_amount", "change_frequency", "change_payment_method", "pause", "restart", "cancel", "set_expiry",
)  # fmt: skip


class Session(models.Model):
    """One onboarding attempt: a workflow's version performed for a lead. Statuses and their moves: `rules.session`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False)
    # Whose people made it: the campaign's agency at that moment.
    agency = models.ForeignKey("orgs.Organisation", on_delete=models.CASCADE, related_name="+", db_index=False)
    campaign = models.ForeignKey("campaigns.Campaign", on_delete=models.CASCADE, related_name="+", db_index=False)
    # The campaign's lead that it is for; null once that is erased. Not checked by the database, as messages' contacts.
    lead = models.ForeignKey(
        "campaigns.Lead", null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False, db_index=False
    )
    contact = models.ForeignKey(
        "contacts.Contact", null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False
    )
    # What groups the attempts on one person within a campaign: the caller's own id, or the lead's, or the
    # subscription's.
    external_lead_id = models.TextField()
    workflow_version = models.ForeignKey("onboarding.WorkflowVersion", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    intention = models.TextField()
    action = models.TextField()
    payment_type = models.TextField()
    status = models.TextField(default="New")
    phase = models.TextField(default="submitted")
    # Why it was rejected, failed or expired: a code (`texts.REASONS`), and what was said with it.
    reason = models.TextField(default="", blank=True)
    detail = models.TextField(default="", blank=True)
    # Accepted after it had expired.
    late = models.BooleanField(default=False)
    # One for each form that is shown: submitted twice it is one session.
    form_key = models.UUIDField(null=True)
    language = models.TextField(default="da")
    # What was filled in: {role: value} without what is secret; and that, sealed.
    given = models.JSONField(default=dict)
    secrets = models.TextField(default="", blank=True)
    # `rules.agreed.Agreed` as JSON for a sign-up, the parameters of an upgrade's action, the workflow's own fields.
    agreed = models.JSONField(default=dict)
    params = models.JSONField(default=dict)
    metadata = models.JSONField(default=dict)
    # How things were called when it was submitted: names of merchant, agency, campaign, workflow, user.
    snapshot = models.JSONField(default=dict)
    payment_method = models.TextField(default="", blank=True)
    # Of an upgrade, from the beginning; of a sign-up, once it is complete.
    subscription = models.ForeignKey("onboarding.Subscription", null=True, on_delete=models.PROTECT, related_name="+")
    # What the gateway knows it by, once it has begun there.
    account = models.ForeignKey(
        "onboarding.GatewayAccount", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    gateway_ref = models.TextField(default="", blank=True)
    redirect_url = models.TextField(default="", blank=True)
    # The beginning is under way at the gateway since then (real time): asked again with the same key when it was lost.
    beginning_at = models.DateTimeField(null=True)
    # The version of the text that the donor accepted.
    terms_version = models.TextField(default="", blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    began_at = models.DateTimeField(null=True)
    # Complete, rejected, failed or expired.
    ended_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    # Until when it may be accepted; and when time is next to look at it.
    expires_at = models.DateTimeField()
    look_at = models.DateTimeField(null=True)
    event_no = models.BigIntegerField(default=0)

    class Meta:
        db_table = "onboarding_session"
        constraints = (
            models.UniqueConstraint(fields=["merchant", "form_key"], name="session_form_once"),
            models.CheckConstraint(condition=models.Q(status__in=STATUSES), name="session_status"),
            models.CheckConstraint(condition=models.Q(phase__in=PHASES), name="session_phase"),
            models.CheckConstraint(condition=models.Q(action__in=ACTIONS), name="session_action"),
            models.CheckConstraint(condition=models.Q(intention__in=["signup", "upgrade"]), name="session_intention"),
            models.CheckConstraint(
                condition=models.Q(payment_type__in=["recurring", "single"]), name="session_payment_type"
            ),
        )
        indexes = (
            # The lists: of a merchant, of an agency, of a campaign, newest first; and with a status, which few have.
            models.Index(fields=["merchant", "-created_at", "-id"], name="session_merchant"),
            models.Index(fields=["agency", "-created_at", "-id"], name="session_agency"),
            models.Index(fields=["campaign", "-created_at", "-id"], name="session_campaign"),
            models.Index(fields=["merchant", "status", "-created_at", "-id"], name="session_merchant_status"),
            models.Index(fields=["agency", "status", "-created_at", "-id"], name="session_agency_status"),
            # An agent's own, newest first.
            models.Index(fields=["user", "-created_at", "-id"], name="session_user"),
            # What succeeded, newest first: the overview of leads.
            models.Index(
                fields=["merchant", "-completed_at", "-id"], name="session_success",
                condition=models.Q(status="Complete"),
            ),
            models.Index(
                fields=["agency", "-completed_at", "-id"], name="session_agency_success",
                condition=models.Q(status="Complete"),
            ),
            # The live board: a campaign's that wait, and those completed since a moment.
            models.Index(
                fields=["campaign"], name="session_live", condition=models.Q(status__in=["New", "Processing"])
            ),
            models.Index(
                fields=["campaign", "completed_at"], name="session_completed",
                condition=models.Q(completed_at__isnull=False),
            ),
            # All attempts on one person: on a campaign, and over the merchant's campaigns.
            models.Index(fields=["campaign", "external_lead_id", "-created_at"], name="session_attempts"),
            models.Index(fields=["merchant", "external_lead_id"], name="session_same_id"),
            # A lead's, on its page; and whether one is pending.
            models.Index(fields=["lead", "-created_at"], name="session_lead"),
            # What time makes due.
            models.Index(fields=["look_at", "id"], name="session_due", condition=models.Q(look_at__isnull=False)),
            # Those at their gateway, the longest there first: what it may have told us, and we have not heard.
            models.Index(fields=["began_at", "id"], name="session_began", condition=models.Q(status="Processing")),
            # Beginnings of which no answer has been noted.
            models.Index(
                fields=["beginning_at"], name="session_beginning", condition=models.Q(beginning_at__isnull=False)
            ),
            # Those that ended and had begun at their gateway: what may be accepted there late, and not told us.
            models.Index(
                fields=["ended_at", "id"], name="session_ended_there",
                condition=models.Q(status__in=["Expired", "Rejected", "Failed"]) & ~models.Q(gateway_ref=""),
            ),
            # What came after the end and is not called back yet.
            models.Index(fields=["ended_at"], name="session_unwanted", condition=models.Q(snapshot__unwanted=True)),
            # What is emptied with time: of a merchant, and what only a late acceptance would need.
            models.Index(
                fields=["merchant", "ended_at"], name="session_forget",
                condition=~models.Q(given={}, secrets="", metadata={}, params={}) & models.Q(ended_at__isnull=False),
            ),
            models.Index(
                fields=["ended_at"], name="session_late_secrets",
                condition=models.Q(status="Expired") & ~models.Q(secrets=""),
            ),
            # What a webhook is about.
            models.Index(fields=["account", "gateway_ref"], name="session_ref", condition=~models.Q(gateway_ref="")),
        )  # fmt: skip


class ApprovalLink(models.Model):
    """A link that opens one session for its donor. The token is stored hashed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="links", db_index=False)
    token_hash = models.TextField(unique=True)
    channel = models.TextField()  # sms, email, qr
    # The message that carries it; a room below keeps it.
    message_id = models.UUIDField(null=True)
    created_by = models.ForeignKey("orgs.User", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # The first browser that went on with it keeps it: the hash of what that browser was given.
    holder_hash = models.TextField(default="", blank=True)
    opened_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "onboarding_approval_link"
        constraints = (
            models.CheckConstraint(condition=models.Q(channel__in=["sms", "email", "qr"]), name="approval_channel"),
            # At most one that works.
            models.UniqueConstraint(
                fields=["session"], condition=models.Q(revoked_at__isnull=True, used_at__isnull=True),
                name="approval_live_once",
            ),
        )  # fmt: skip
        # A session's links, newest first; how many were sent of late.
        indexes = (models.Index(fields=["session", "-created_at"], name="approval_session"),)
