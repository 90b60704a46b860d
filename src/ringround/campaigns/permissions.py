"""Who may plan, run and work campaigns. What somebody sees of them is `queries.plan.visible_campaigns`."""

from ringround.orgs.permissions import AGENT, ANYONE, MANAGER, QUALITY, READER, SUPERVISOR

PERMISSIONS = {
    "campaigns.view": ANYONE,  # of those they may see: agents those they are on
    "campaigns.overview": READER,  # the campaigns' own pages
    "campaigns.create": SUPERVISOR,
    "campaigns.change": SUPERVISOR,
    "campaigns.people": SUPERVISOR,
    "campaigns.approve": MANAGER,
    "campaigns.start": SUPERVISOR,
    "campaigns.pause": SUPERVISOR,
    "campaigns.complete": MANAGER,
    "campaigns.reopen": MANAGER,
    "campaigns.archive": MANAGER,
    "campaigns.leads.add": SUPERVISOR,
    "campaigns.leads.change": SUPERVISOR,
    "campaigns.leads.export": SUPERVISOR,
    "campaigns.leads.note": AGENT | QUALITY,  # whoever looks to work with it; a viewer only looks
    "campaigns.callbacks.change": SUPERVISOR,
    "campaigns.work": AGENT,
    "campaigns.messages.send": AGENT,  # by a template
    "campaigns.messages.own_text": SUPERVISOR | {"senior_agent"},
    "campaigns.external.read": SUPERVISOR,
    "campaigns.external.change": MANAGER,
}

# What stays with the merchant: an agency works a campaign it was given, on the terms that the merchant approved.
MERCHANTS_OWN = frozenset(
    {
        "campaigns.create",
        "campaigns.change",
        "campaigns.approve",
        "campaigns.complete",
        "campaigns.reopen",
        "campaigns.archive",
    }
)
