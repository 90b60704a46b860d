"""Writing: one function, one transaction."""

from ringround.campaigns.actions.callbacks import callback_cancel, callback_change
from ringround.campaigns.actions.changes import lead_change, leads_bulk
from ringround.campaigns.actions.handout import Handout, NoLead, lead_next, lead_skip, leads_release_held
from ringround.campaigns.actions.leads import Added, NewLead, leads_add, list_leads_add
from ringround.campaigns.actions.refresh import leads_refresh, leads_replace, leads_unassign
from ringround.campaigns.actions.turn import turn_due
from ringround.campaigns.actions.work import (
    CallStarted,
    call_hangup,
    call_start,
    disposition_save,
    note_add,
    timeline_add,
)

__all__ = [
    "Added",
    "CallStarted",
    "Handout",
    "NewLead",
    "NoLead",
    "call_hangup",
    "call_start",
    "callback_cancel",
    "callback_change",
    "disposition_save",
    "lead_change",
    "lead_next",
    "lead_skip",
    "leads_add",
    "leads_bulk",
    "leads_refresh",
    "leads_release_held",
    "leads_replace",
    "leads_unassign",
    "list_leads_add",
    "note_add",
    "timeline_add",
    "turn_due",
]
