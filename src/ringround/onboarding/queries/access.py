"""The one rule of who sees what of this room."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from ringround.campaigns.queries import visible_campaigns
from ringround.onboarding.models import Agreement, Charge, GatewayAccount, Mandate, Session, Subscription, Workflow
from ringround.orgs.actor import Actor

AGENTS = ("senior_agent", "junior_agent")


def visible_sessions(actor: Actor) -> QuerySet[Session]:
    """The merchant's own, all of them; an agency's those its people made, on campaigns that it sees at this moment;
    an agent's those that they made themselves."""
    if actor.role == "external_system":
        return Session.objects.none()
    # By one of the two: an index serves either, and none both. No merchant works for another, no agency has another.
    if actor.organisation.kind == "merchant":
        found = Session.objects.filter(merchant_id=actor.org_id)
    else:
        found = Session.objects.filter(agency_id=actor.org_id, campaign__in=visible_campaigns(actor).values("id"))
    return found.filter(user=actor.user) if actor.role in AGENTS else found


def visible_workflows(actor: Actor) -> QuerySet[Workflow]:
    """The merchant's own; an agency's those of campaigns that it sees."""
    given = visible_campaigns(actor).filter(workflow__isnull=False).exclude(merchant_id=actor.org_id)
    return Workflow.objects.filter(Q(merchant_id=actor.org_id) | Q(id__in=given.values("workflow")))


def own_agreements(actor: Actor) -> QuerySet[Agreement]:
    """The merchant's alone: an agency never sees agreements, but through a session of its own."""
    return Agreement.objects.filter(merchant_id=actor.org_id)


def own_subscriptions(actor: Actor) -> QuerySet[Subscription]:
    """The merchant's alone."""
    return Subscription.objects.filter(merchant_id=actor.org_id)


def own_charges(actor: Actor) -> QuerySet[Charge]:
    """The merchant's alone."""
    return Charge.objects.filter(merchant_id=actor.org_id)


def own_mandates(actor: Actor) -> QuerySet[Mandate]:
    """The merchant's alone."""
    return Mandate.objects.filter(merchant_id=actor.org_id)


def own_accounts(actor: Actor) -> QuerySet[GatewayAccount]:
    """The merchant's alone."""
    return GatewayAccount.objects.filter(merchant_id=actor.org_id)
