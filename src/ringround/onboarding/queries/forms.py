"""What the form of a session needs."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from ringround.campaigns import queries as campaigns
from ringround.campaigns.queries import Campaign
from ringround.kernel.errors import Conflict, NotFound
from ringround.kernel.messages import N_
from ringround.onboarding.accounts import methods_for
from ringround.onboarding.models import Workflow
from ringround.onboarding.queries.workflows import definition_of, version_of
from ringround.onboarding.rules.session import Action
from ringround.onboarding.rules.workflow import Definition, may
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require


@dataclass(frozen=True, slots=True)
class FormPlan:
    """The campaign with its workflow's newest version, the methods that the merchant has an account for, and the
    actions that the actor's role may begin."""

    campaign: Campaign
    workflow: Workflow
    definition: Definition
    methods: tuple[str, ...]
    actions: tuple[str, ...]


def workflow_of(campaign: Campaign) -> Workflow:
    """The campaign's workflow; 409 `no_workflow`."""
    found = None
    if campaign.workflow is not None:
        found = Workflow.objects.filter(id=campaign.workflow, merchant=campaign.merchant_id).first()
    if found is None:
        raise Conflict("no_workflow", N_("The campaign has no workflow."))
    return found


def form_for(*, actor: Actor, campaign_id: UUID) -> FormPlan:
    """The form of a campaign that the actor sees; NotFound, and 409 `no_workflow`."""
    campaign = campaigns.campaign_find(actor=actor, campaign_id=campaign_id)
    if campaign is None:
        raise NotFound("campaign")
    require(actor, "onboarding.sessions.submit")
    workflow = workflow_of(campaign)
    definition = definition_of(version_of(workflow))
    return FormPlan(
        campaign, workflow, definition, methods_for(merchant_id=campaign.merchant_id),
        tuple(one.value for one in Action if may(definition, one, actor.role)),
    )  # fmt: skip
