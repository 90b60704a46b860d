"""Writing the plan: a campaign, its parameters and parts, its people, its life."""

from ringround.campaigns.actions.plan.commands import (
    campaign_approve,
    campaign_archive,
    campaign_complete,
    campaign_pause,
    campaign_reopen,
    campaign_start,
    campaigns_complete_due,
    campaigns_pause_unlinked,
)
from ringround.campaigns.actions.plan.copies import (
    campaign_duplicate,
    template_delete,
    template_save,
    template_use,
)
from ringround.campaigns.actions.plan.create import (
    campaign_change,
    campaign_create,
    list_attach,
    list_attach_run,
    wizard_save,
)
from ringround.campaigns.actions.plan.dealing import (
    preassign,
    preassign_file,
    preassign_rescue,
    preassign_run,
    preassignment_json,
    shares,
)
from ringround.campaigns.actions.plan.feeding import Fed, NewContact, leads_feed
from ringround.campaigns.actions.plan.parts import dispositions_put, form_put
from ringround.campaigns.actions.plan.people import agency_let_go, agents_put, people_drop, supervisors_put

__all__ = [
    "Fed",
    "NewContact",
    "agency_let_go",
    "agents_put",
    "campaign_approve",
    "campaign_archive",
    "campaign_change",
    "campaign_complete",
    "campaign_create",
    "campaign_duplicate",
    "campaign_pause",
    "campaign_reopen",
    "campaign_start",
    "campaigns_complete_due",
    "campaigns_pause_unlinked",
    "dispositions_put",
    "form_put",
    "leads_feed",
    "list_attach",
    "list_attach_run",
    "people_drop",
    "preassign",
    "preassign_file",
    "preassign_rescue",
    "preassign_run",
    "preassignment_json",
    "shares",
    "supervisors_put",
    "template_delete",
    "template_save",
    "template_use",
    "wizard_save",
]
