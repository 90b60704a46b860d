"""External sites: writing them, and telling them what happened with a lead.

What is told from here is written down in the transaction in which it happened, whole, and sent after it by the site's
courier: nobody waits for a CRM, and one that is down has missed nothing when it is back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from ringround.campaigns.actions.held import lock_held
from ringround.campaigns.actions.plan.store import tell, touch
from ringround.campaigns.headers import changed as changed_headers
from ringround.campaigns.headers import names_of as header_names
from ringround.campaigns.models import Campaign, ExternalSite, SiteDelivery
from ringround.campaigns.queries.plan import visible_campaigns
from ringround.campaigns.queries.plan_facts import Plan
from ringround.campaigns.queries.rows import facts
from ringround.campaigns.queries.sites import Said, filled, names_known, rule_of, site_of
from ringround.campaigns.rules import lifecycle
from ringround.campaigns.rules import site as rules
from ringround.campaigns.rules.lead import LeadFacts
from ringround.contacts.queries import ContactFacts, contact_get_for_lead
from ringround.infra import audit, clock, outbound, sql
from ringround.infra.unit import action
from ringround.kernel import text
from ringround.kernel.errors import Conflict, Fault, Invalid, NotFound
from ringround.kernel.ids import new_id
from ringround.orgs import actions as orgs
from ringround.orgs import queries
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

MAX_NAME, MOST_SITES = 200, 200
# What of it is approved with a campaign. Headers are not among it: sign-ins are renewed, and go to the server for which
# they were written alone.
_APPROVED = frozenset({"url", "method", "opens", "parameters"})
KEPT, KEPT_FAILED = timedelta(days=30), timedelta(days=90)
CLEAR_BATCH, MOST_AGAIN = 5000, 10_000


@transaction.atomic
def external_site_create(
    *, actor: Actor, name: str, url: str, method: str, opens: str, parameters: Mapping[str, Any] | None = None,
    headers: Mapping[str, str | None] | None = None,
) -> ExternalSite:  # fmt: skip
    """A site of the organisation. Invalid with every fault, an unknown placeholder among them. `headers` go with what
    is sent from here; they are stored encrypted, and shown to nobody."""
    require(actor, "campaigns.external.change")
    orgs.still_acting(actor=actor)
    if ExternalSite.objects.filter(organisation=actor.organisation).count() >= MOST_SITES:
        raise Conflict("too_many_sites", _("There are as many external sites as there may be."))
    now = clock.real_now()
    site = ExternalSite(
        organisation=actor.organisation, name=name, url=url.strip(), method=method, opens=opens,
        parameters=parameters or {}, created_at=now, next_at=now,
    )  # fmt: skip
    _check(actor, site, headers or {})
    site.save(force_insert=True)
    _write(actor, "created", site)
    return site


@transaction.atomic
def external_site_change(
    *, actor: Actor, site_id: UUID, headers: Mapping[str, str | None] | None = None, **fields: Any
) -> ExternalSite:
    """Change what is named. What waits to be sent goes as it was written down. Of `headers` those that are named; None
    takes one away. Where the address leads to another server they are written anew: else whoever may change a site
    could have a sign-in told to their own. What waits for the old one is given up then, not being let in any more.

    Where its data go and what they are was approved with each campaign that names it: one that runs is paused first
    (409 `in_use`), and those that are approved or paused need a new approval.
    """
    site = _lock(actor, site_id)
    require(actor, "campaigns.external.change")
    before, signed_in = site.url, bool(site.headers)
    changed = []
    for field in ("name", "url", "method", "opens", "parameters"):
        value = fields.get(field)
        if value is not None and value != getattr(site, field):
            setattr(site, field, value.strip() if field == "url" else value)
            changed.append(field)
    _check(actor, site, headers or {}, before=before)
    if headers:
        changed.append("headers")
    if set(changed) & _APPROVED:
        _unapprove(actor, site)
    if changed:
        # Whoever mends it wants to see at once whether it works.
        site.failures, site.failing_since, site.next_at = 0, None, clock.real_now()
        site.save()
        if signed_in and rules.server(before) != rules.server(site.url):
            SiteDelivery.objects.filter(site=site, state="pending").update(
                state="failed", error="moved", sending_until=None
            )
        _write(actor, "changed", site, fields=changed)
    return site


@transaction.atomic
def external_site_delete(*, actor: Actor, site_id: UUID) -> None:
    """End it with its log; refused while a campaign that is not over, and that it may be told of, names it."""
    # Whoever tells it something just now is waited for.
    site = _lock(actor, site_id, to_delete=True)
    require(actor, "campaigns.external.change")
    for one in Campaign.objects.filter(external_site=str(site.id)).exclude(state__in=("completed", "archived")):
        if one.merchant_id == site.organisation_id or visible_campaigns(actor).filter(id=one.id).exists():
            raise Conflict("in_use", _("A campaign uses this site. Take it off there first."))
    _write(actor, "deleted", site)
    site.delete()


def sites_take_off(*, org_id: UUID) -> int:
    """Nothing of the organisation's leads goes to its own sites any more: it has a new owner, who did not say where
    they lead. From how many campaigns one was taken; where nothing else was to be worked with, the form is.

    An approval stays: the campaign says less than was approved.
    """
    actor = queries.system_actor(organisation_id=org_id)
    own = [str(one) for one in ExternalSite.objects.filter(organisation=org_id).values_list("id", flat=True)]
    naming = Campaign.objects.filter(merchant=org_id, external_site__in=own).order_by("id")
    taken = 0
    for campaign_id in list(naming.values_list("id", flat=True)):
        with transaction.atomic():
            campaign = Campaign.objects.select_for_update(no_key=True).get(id=campaign_id)
            if campaign.external_site not in own:
                continue
            fields = ["external_site"]
            campaign.external_site = None
            if campaign.settings.get("interaction", "form") != "form":
                campaign.settings = {**campaign.settings, "interaction": "form"}
                fields.append("settings.interaction")
            touch(campaign, actor, fields)
            tell(campaign, actor, "changed", fields=fields)
            campaign.save(update_fields=["external_site", "settings", "version", "changed", "event_no"])
            taken += 1
    # The accounts were those of whoever ran it.
    ExternalSite.objects.filter(organisation=org_id).exclude(headers="").update(headers="")
    # After the campaigns: nothing new is written down.
    SiteDelivery.objects.filter(site__organisation=org_id, state="pending").update(state="failed", error="handed_over")
    return taken


# --- telling it -----------------------------------------------------------------------------------


def site_tell(*, actor: Actor, plan: Plan, lead: LeadFacts, contact: ContactFacts, moment: str, said: Said) -> bool:
    """Write down what the campaign's site is told at this moment, where it is one that is told from here; whether it
    was. Part of the caller's transaction, which holds the lead's lock."""
    if plan.external_site is None:
        return False
    site = site_of(ref=plan.external_site, merchant_id=plan.merchant_id, agency_id=plan.agency_id, live=plan.live)
    if site is None or site.opens != moment or not rule_of(site).by_server:
        return False
    if not sql.rows("campaigns", "site_keep", site=site.id):
        return False  # deleted this moment
    request = filled(site=site, campaign_id=plan.id, lead=lead, contact=contact, actor=actor, said=said)
    now = clock.real_now()
    SiteDelivery.objects.create(
        id=new_id(), site=site, campaign_id=plan.id, lead_id=lead.id, agent_id=actor.user_id, lead_no=lead.event_no,
        moment=moment, method=request.method, url=request.url, body=request.body, content_type=request.content_type,
        state="failed" if request.error else "pending", error=request.error, next_at=now, created_at=now,
    )  # fmt: skip
    return True


def opens_for(*, plan: Plan, moment: str) -> bool:
    """Whether the agent's browser opens the campaign's site at this moment."""
    if plan.external_site is None:
        return False
    site = site_of(ref=plan.external_site, merchant_id=plan.merchant_id, agency_id=plan.agency_id, live=plan.live)
    return site is not None and site.opens == moment and not rule_of(site).by_server


@action
def site_press(*, actor: Actor, lead_id: UUID) -> bool:
    """The agent's button for a site that is told from here; whether anything was sent."""
    now = clock.now()
    row, plan = lock_held(actor=actor, lead_id=lead_id, now=now)
    lead = facts(row)
    contact = contact_get_for_lead(lead.contact_id)
    return site_tell(
        actor=actor, plan=plan, lead=lead, contact=contact, moment="button", said=Said(call_id=lead.call_id)
    )


# --- what was sent --------------------------------------------------------------------------------


@transaction.atomic
def site_delivery_again(*, actor: Actor, site_id: UUID, delivery_id: UUID) -> SiteDelivery:
    """Send one again, now and out of order, whatever became of it; with the key it had."""
    site = _lock(actor, site_id)
    found = (
        SiteDelivery.objects.select_for_update(of=("self",))
        .filter(site=site, id=delivery_id, campaign__in=visible_campaigns(actor).values("id"))
        .first()
    )
    if found is None:
        raise NotFound("delivery")
    require(actor, "campaigns.external.change")
    if found.error == "too_long":
        raise Conflict("too_long", _("What was filled in is too long to be sent."))
    if found.error == "moved":
        raise Conflict("moved", _("It was for the server where the site was before."))
    if found.state == SiteDelivery.State.PENDING and found.manual:
        return found
    if found.state != SiteDelivery.State.PENDING:
        # One that waits keeps its place among its lead's, and its tries: it only goes now.
        found.manual, found.tries = True, 0
        # Nor is it under way any more, should the link have ended meanwhile.
        found.sending_until = None
    found.state, found.next_at = SiteDelivery.State.PENDING, clock.real_now()
    found.save(update_fields=["state", "manual", "tries", "next_at", "sending_until"])
    _wake(site)
    _write(actor, "resent", site, deliveries=1)
    return found


@transaction.atomic
def site_deliveries_again(*, actor: Actor, site_id: UUID) -> int:
    """Send again what was given up, each lead's in the order in which it happened; how many."""
    site = _lock(actor, site_id)
    require(actor, "campaigns.external.change")
    given_up = SiteDelivery.objects.filter(
        site=site, state="failed", campaign__in=visible_campaigns(actor).values("id")
    ).exclude(error__in=("too_long", "moved"))
    ids = given_up.order_by("id").values("id")[:MOST_AGAIN]
    count = SiteDelivery.objects.filter(id__in=ids).update(
        state="pending", manual=False, tries=0, next_at=clock.real_now(), sending_until=None
    )
    if count:
        _wake(site)
        _write(actor, "resent", site, deliveries=count)
    return count


@transaction.atomic
def site_delivery_done(
    *, delivery_id: UUID, tries: int, now: datetime, status: int | None, error: str, answer: str
) -> None:
    """Note what became of the try numbered `tries`. One that is no longer the latest, because its lease ran out or it
    was sent again by hand meanwhile, is let go: the later one speaks."""
    # The site first, as whoever changes it does.
    site = (
        ExternalSite.objects.select_for_update(no_key=True)
        .filter(id__in=SiteDelivery.objects.filter(id=delivery_id).values("site_id"))
        .first()
    )
    # Without its lease it was noted already, and the database went before it could say so.
    rows = SiteDelivery.objects.select_for_update().filter(id=delivery_id, tries=tries, state="pending")
    found = rows.filter(sending_until__isnull=False).first()
    if site is None or found is None:
        return
    found.sending_until = None
    found.last_at, found.status, found.error, found.answer = now, status, error, answer
    rejected = bool(error) and rules.rejects(status)
    if not error:
        found.state = SiteDelivery.State.DELIVERED
    elif (again := rules.retry_at(now=now, tries=tries, rejected=rejected)) is not None:
        found.next_at = again
    else:
        found.state = SiteDelivery.State.FAILED
    found.save()
    # A site that rejects one has answered: it works, and the others do not wait.
    if error and not rejected:
        site.failures += 1
        site.failing_since = site.failing_since or now
        site.next_at = now + rules.pause(failures=site.failures)
    elif site.failures:
        site.failures, site.failing_since, site.next_at = 0, None, now
    else:
        return
    site.save(update_fields=["failures", "failing_since", "next_at"])


def site_deliveries_end(*, merchant_id: UUID, agency_id: UUID) -> int:
    """Give up what an agency's sites were still to be told of a merchant's leads; how many. A hand may send it anew."""
    return SiteDelivery.objects.filter(
        site__organisation=agency_id, campaign__merchant=merchant_id, state="pending"
    ).update(state="failed", error="link_ended", sending_until=None)


def site_deliveries_clear() -> bool:
    """Clear away what was sent long ago; whether more waits."""
    now = clock.real_now()
    done = SiteDelivery.objects.filter(state="delivered", created_at__lt=now - KEPT)
    failed = SiteDelivery.objects.filter(created_at__lt=now - KEPT_FAILED)
    count = 0
    for old in (done, failed):
        gone, _kinds = SiteDelivery.objects.filter(
            id__in=old.order_by("created_at").values("id")[:CLEAR_BATCH]
        ).delete()
        count += gone
    return count >= CLEAR_BATCH


# --- inside ---------------------------------------------------------------------------------------


def _check(actor: Actor, site: ExternalSite, headers: Mapping[str, str | None], *, before: str | None = None) -> None:
    """Invalid with every fault; `before`: the address that its headers were written for."""
    faults: list[Fault] = []
    name = text.clean(site.name)
    if not name:
        faults.append(Fault(("name",), "required", _("Give it a name.")))
    elif len(name) > MAX_NAME:
        faults.append(Fault(("name",), "too_long", _("At most %(limit)s characters.") % {"limit": MAX_NAME}))
    site.name = name
    faults += rules.check(rule_of(site), names_known(actor=actor), private=outbound.may_be_private())
    wrong = rules.check_headers(headers)
    faults += wrong or _check_kept(site, headers, before)
    if faults:
        raise Invalid(faults)
    site.headers = changed_headers(site.headers, headers)


def _check_kept(site: ExternalSite, headers: Mapping[str, str | None], before: str | None) -> list[Fault]:
    """What is wrong with the headers that it then has."""
    said = {name.casefold() for name in headers}
    kept = [name for name in header_names(site) if name.casefold() not in said]
    has = len(kept) + sum(value is not None for value in headers.values())
    if has > rules.MOST_HEADERS:
        most = {"limit": rules.MOST_HEADERS}
        return [Fault(("headers",), "too_many", _("At most %(limit)s headers.") % most, most)]
    if has and not rule_of(site).by_server:
        words = _("A browser sends no headers: they go with JSON, and with what is sent when what happened is saved.")
        return [Fault(("headers",), "not_sent_from_here", words)]
    if kept and before is not None and rules.server(before) != rules.server(site.url):
        words = _("The address leads to another server. Write the headers for it anew, or take them away: %(names)s.")
        return [Fault(("headers",), "another_server", words % {"names": ", ".join(kept)})]
    return []


def _unapprove(actor: Actor, site: ExternalSite) -> None:
    """Campaigns whose people's data go to the site, of whichever merchant, are approved anew."""
    named = Campaign.objects.select_for_update(of=("self",)).filter(
        external_site=str(site.id), state__in=("approved", "running", "paused")
    )
    for one in named.order_by("id"):
        if site_of(ref=one.external_site, merchant_id=one.merchant_id, agency_id=one.agency_id) is None:
            continue
        if one.state == Campaign.State.RUNNING:
            raise Conflict(
                "in_use", _("A running campaign uses this site. Pause it first: this change needs a new approval.")
            )
        one.state, one.approved_by = lifecycle.after_change(one.state, {"external_site"}).value, None
        touch(one, actor, ["external_site"])
        tell(one, actor, "unapproved", fields=["external_site"])
        one.save(update_fields=["state", "approved_by", "version", "changed", "event_no"])


def _lock(actor: Actor, site_id: UUID, *, to_delete: bool = False) -> ExternalSite:
    locked = ExternalSite.objects.select_for_update(no_key=not to_delete)
    found = locked.filter(organisation=actor.organisation, id=site_id).first()
    if found is None:
        raise NotFound("external_site")
    return found


def _wake(site: ExternalSite) -> None:
    """The button is also "does it work again?": not to be answered in a quarter of an hour."""
    ExternalSite.objects.filter(id=site.id).update(next_at=clock.real_now())


def _write(actor: Actor, what: str, site: ExternalSite, **data: Any) -> None:
    audit.write(
        actor=actor, action=f"campaigns.external_site.{what}", org_id=site.organisation_id,
        subject_type="external_site", subject_id=site.id, data=data,
    )  # fmt: skip
