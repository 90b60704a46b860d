"""Tables of the workshop, one module per concern."""

from ringround.campaigns.models.campaign import (
    Campaign,
    CampaignCount,
    CampaignCountDelta,
    CampaignMember,
    CampaignTemplate,
    CampaignZone,
    DealingPart,
    Disposition,
    FormField,
)
from ringround.campaigns.models.external import ExternalSite, ExternalSystem, SiteDelivery
from ringround.campaigns.models.lead import Lead, LeadNumber, LeadSkip, NumberHold
from ringround.campaigns.models.work import (
    Attempt,
    BulkChange,
    Callback,
    DialVerdict,
    DroppedCall,
    HandoutLog,
    LeadAnswers,
    SavedFilter,
    TimelineItem,
)

__all__ = [
    "Attempt",
    "BulkChange",
    "Callback",
    "Campaign",
    "CampaignCount",
    "CampaignCountDelta",
    "CampaignMember",
    "CampaignTemplate",
    "CampaignZone",
    "DealingPart",
    "DialVerdict",
    "Disposition",
    "DroppedCall",
    "ExternalSite",
    "ExternalSystem",
    "FormField",
    "HandoutLog",
    "Lead",
    "LeadAnswers",
    "LeadNumber",
    "LeadSkip",
    "NumberHold",
    "SavedFilter",
    "SiteDelivery",
    "TimelineItem",
]
