"""Campaigns made from others: duplicates, and templates to start from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from ringround.campaigns.actions.plan.create import campaign_create
from ringround.campaigns.actions.plan.parts import default_dispositions
from ringround.campaigns.actions.plan.store import lock
from ringround.campaigns.models import Campaign, CampaignTemplate
from ringround.campaigns.queries.templates import fields_of, plan_of, template_get
from ringround.campaigns.rules import parameters
from ringround.infra import audit, clock
from ringround.kernel.errors import Fault, Invalid
from ringround.kernel.messages import N_
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require


@transaction.atomic
def campaign_duplicate(*, actor: Actor, campaign_id: UUID, name: str) -> Campaign:
    """Another campaign with this one's plan: unapproved, without lists, leads and progress."""
    # Locked, so that parameters, dispositions and people are of one moment.
    source = lock(actor=actor, campaign_id=campaign_id, permission="campaigns.create")
    return _make(actor, plan_of(source), {"name": name}, source.id)


@transaction.atomic
def template_save(*, actor: Actor, campaign_id: UUID, name: str) -> CampaignTemplate:
    """Keep this campaign's plan as a template; Invalid `name_taken` among the merchant's templates."""
    source = lock(actor=actor, campaign_id=campaign_id, permission="campaigns.create")
    faults: list[Fault] = []
    said = parameters.read({"name": name}, faults)
    if faults:
        raise Invalid(faults)
    template = CampaignTemplate(
        merchant=source.merchant, name=said["name"], mode=source.mode, plan=plan_of(source), created_by=actor.user,
        created_at=clock.now(),
    )  # fmt: skip
    try:
        with transaction.atomic():
            template.save(force_insert=True)
    except IntegrityError as clash:
        raise Invalid.one("name", "name_taken", N_("Another template has this name.")) from clash
    _write(actor, "campaigns.template.created", template, campaign=str(source.id))
    return template


@transaction.atomic
def template_use(*, actor: Actor, template_id: UUID, fields: Mapping[str, Any]) -> Campaign:
    """A campaign that begins with the template's plan; `fields` as for `campaign_create`, and what they say counts."""
    template = template_get(actor=actor, template_id=template_id)
    return _make(actor, template.plan, fields, template.id)


@transaction.atomic
def template_delete(*, actor: Actor, template_id: UUID) -> None:
    """Take a template away; campaigns that were started from it stay as they are."""
    template = template_get(actor=actor, template_id=template_id)
    _write(actor, "campaigns.template.deleted", template)
    template.delete()


def _make(actor: Actor, plan: Mapping[str, Any], given: Mapping[str, Any], source_id: UUID) -> Campaign:
    require(actor, "campaigns.create")
    merchant = actor.organisation
    locked = {one.kind: one.name for one in default_dispositions(Campaign(), merchant.language) if one.locked}
    if given.get("agency") is not None:
        # Whose people fit is asked of the agency that it will have.
        plan = {**plan, "agency": given["agency"]}
    fields = fields_of(plan, merchant_id=merchant.id, locked=locked, now=clock.now())
    settings = given.get("settings", {})
    if isinstance(settings, Mapping):
        settings = {**fields["settings"], **settings}
    return campaign_create(
        actor=actor, fields={**fields, **given, "settings": settings}, planned=True, copied_from=source_id
    )


def _write(actor: Actor, action: str, template: CampaignTemplate, **data: str) -> None:
    audit.write(
        actor=actor, action=action, org_id=template.merchant_id, subject_type="campaign_template",
        subject_id=template.id, data=data,
    )  # fmt: skip
