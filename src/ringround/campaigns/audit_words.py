"""What this room's actions are called in the audit log, and the names of what they were done to."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from ringround.campaigns.models import Campaign, CampaignTemplate, ExternalSite, ExternalSystem, SavedFilter

WORDS = {
    "campaigns.campaign.created": _("Campaign made"),
    "campaigns.campaign.changed": _("Campaign changed"),
    "campaigns.campaign.approved": _("Campaign approved"),
    "campaigns.campaign.unapproved": _("Campaign needs approval again"),
    "campaigns.campaign.started": _("Campaign started"),
    "campaigns.campaign.paused": _("Campaign paused"),
    "campaigns.campaign.completed": _("Campaign completed"),
    "campaigns.campaign.reopened": _("Campaign reopened"),
    "campaigns.campaign.archived": _("Campaign archived"),
    "campaigns.template.created": _("Campaign template made"),
    "campaigns.template.deleted": _("Campaign template deleted"),
    "campaigns.leads.added": _("Leads added"),
    "campaigns.leads.changed": _("Leads changed"),
    "campaigns.leads.reset": _("Leads reset"),
    "campaigns.leads.recycled": _("New campaign made of leads"),
    "campaigns.leads.release": _("Leads released"),
    "campaigns.leads.exported": _("Leads exported"),
    "campaigns.filter.shared": _("Filter of leads shared"),
    "campaigns.filter.deleted": _("Shared filter of leads deleted"),
    "campaigns.lead.changed": _("Lead changed"),
    "campaigns.lead.noted": _("Note on a lead"),
    "campaigns.lead.messaged": _("Message sent to a lead"),
    "campaigns.callback.moved": _("Callback moved"),
    "campaigns.callback.cancelled": _("Callback cancelled"),
    "campaigns.external_system.created": _("External system made"),
    "campaigns.external_system.changed": _("External system changed"),
    "campaigns.external_system.renewed": _("External system's token changed"),
    "campaigns.external_system.deleted": _("External system deleted"),
    "campaigns.external_site.created": _("External site made"),
    "campaigns.external_site.changed": _("External site changed"),
    "campaigns.external_site.resent": _("Sent to an external site again"),
    "campaigns.external_site.deleted": _("External site deleted"),
}


def _campaigns(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(Campaign.objects.filter(id__in=ids).values_list("id", "name"))


def _templates(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(CampaignTemplate.objects.filter(id__in=ids).values_list("id", "name"))


def _filters(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(SavedFilter.objects.filter(id__in=ids).values_list("id", "name"))


def _systems(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(ExternalSystem.objects.filter(id__in=ids).values_list("id", "name"))


def _sites(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(ExternalSite.objects.filter(id__in=ids).values_list("id", "name"))


# A lead has no name here: whose it is, is personal.
NAMES = {
    "campaign": _campaigns,
    "campaign_template": _templates,
    "external_site": _sites,
    "external_system": _systems,
    "saved_filter": _filters,
}
