"""Events of this room; ids and counts only. Leads' are recorded by `actions.store.Writer` and the claim function."""

from __future__ import annotations

from collections.abc import Mapping

from ringround.infra.event_types import declare

_CAMPAIGN = {"campaign": "the campaign's id"}
_AGENT = {"agent": "the id of the agent"}


def _lead(type: str, description: str, data: Mapping[str, str] | None = None) -> str:
    return declare(type, description, subject="lead", data={**_CAMPAIGN, **(data or {})})


LEAD_CREATED = _lead("campaigns.lead.created", "A contact was placed on a campaign.", {"contact": "the contact's id"})
LEAD_REMOVED = _lead(
    "campaigns.lead.removed",
    "A lead that nobody had worked went with its contact, since the import that had made both was taken back.",
    {"contact": "the contact's id"},
)
LEAD_UPDATED = _lead(
    "campaigns.lead.updated", "Fields of a lead changed, its status apart.", {"fields": "the names of the fields"}
)
LEAD_STATUS_CHANGED = _lead(
    "campaigns.lead.status_changed", "A lead has another status.", {"from": "the status before", "to": "the status now"}
)
LEAD_ATTEMPTED = _lead(
    "campaigns.lead.attempted",
    "A try on a lead was made and is counted.",
    {
        "call": "the call's id, or null",
        "outcome": "the call outcome",
        "number": "the id of the contact's number, or null",
        "attempts": "how many attempts the lead has had, this one included",
        "disposition": "the disposition's id, or null",
        "kind": "the disposition's kind, or session where one was submitted",
        "engaged": "whether it counts towards the target",
    },
)
LEAD_HANDED_OUT = _lead(
    "campaigns.lead.handed_out",
    "A lead was given to an agent.",
    {**_AGENT, "rule": "my_callback, common_callback, urgent, retry, new, or reserved by a supervisor"},
)
LEAD_SKIPPED = _lead("campaigns.lead.skipped", "An agent passed a lead on untouched.", _AGENT)
LEAD_RELEASED = _lead(
    "campaigns.lead.released",
    "A lead went back without a result.",
    {
        **_AGENT,
        "reason": "lapsed, left, no_action, by_supervisor, by_journey, agent_removed, erased, reset, or closed",
    },
)
LEAD_EXHAUSTED = _lead(
    "campaigns.lead.exhausted", "A lead's attempts are used up.", {"attempts": "how many attempts the lead has had"}
)
LEAD_EXPIRED = _lead("campaigns.lead.expired", "An open lead's expiry has passed.", {"status": "the lead's status"})
LEAD_MESSAGE_RECEIVED = _lead(
    "campaigns.lead.message_received",
    "The contact of a lead has written to us.",
    {
        **_AGENT,
        "message": "the message's id",
        "channel": "sms or email",
        "stop": "whether it asks for no more messages",
    },
)
CALLBACK_SCHEDULED = _lead(
    "campaigns.callback.scheduled",
    "A callback was booked.",
    {"at": "when, RFC 3339", "private": "whether it is kept for its agent"},
)
CALLBACK_MOVED = _lead(
    "campaigns.callback.moved",
    "A callback was moved or given to somebody else.",
    {"at": "when, RFC 3339", "private": "whether it is kept for its agent", "owner": "the agent's id, or null"},
)
CALLBACK_CANCELLED = _lead("campaigns.callback.cancelled", "A callback was taken off.")
CALLBACK_DUE = _lead(
    "campaigns.callback.due", "A callback's time has come.", {"owner": "the id of the agent it is kept for, or null"}
)


def _campaign(name: str, description: str, data: Mapping[str, str] | None = None) -> str:
    return declare(f"campaigns.campaign.{name}", description, subject="campaign", data=data)


_COMPLETED = {"reason": "why the product did it: end_time, target, exhausted, link_revoked; empty when a person did"}
CAMPAIGN = {
    "created": _campaign(
        "created",
        "A campaign was made.",
        {
            "mode": "the dial mode",
            "copied_from": "the id of the campaign or template whose plan it has; only where there is one",
        },
    ),
    "approved": _campaign("approved", "A campaign was approved."),
    "started": _campaign("started", "A campaign runs."),
    "paused": _campaign("paused", "A campaign is paused: nothing new starts.", _COMPLETED),
    "completed": _campaign("completed", "A campaign is completed.", _COMPLETED),
    "reopened": _campaign("reopened", "A completed campaign is paused again."),
    "archived": _campaign("archived", "A campaign was put away."),
    "unapproved": _campaign(
        "unapproved",
        "A change of what was approved asks for a new approval.",
        {"fields": "the names of the parameters"},
    ),
    "changed": _campaign(
        "changed",
        "Parameters, people, dispositions, the form or the pre-assignment of a campaign changed.",
        {"fields": "the names of what changed"},
    ),
}
