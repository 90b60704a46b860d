"""Writing: one function, one transaction. Order of locks: session, subscription, mandate, charge; then the lead."""

from ringround.onboarding.actions.closing import Ending, gateways_switch_off, merchant_end, onboarding_forget
from ringround.onboarding.actions.exports import sessions_export
from ringround.onboarding.actions.intake import HEARERS
from ringround.onboarding.actions.sessions import (
    Confirmed,
    DonorPage,
    LinkSent,
    SessionAsk,
    asked_of,
    link_confirm,
    link_decline,
    link_open,
    session_cancel,
    session_decline,
    session_gateway_said,
    session_send_link,
    session_submit,
    session_submit_payment,
    sessions_ask,
    sessions_due,
)
from ringround.onboarding.actions.workflows import (
    workflow_archive,
    workflow_create,
    workflow_restore,
    workflow_version_add,
)

# A session hears before what came of it: it is locked first.
if session_gateway_said not in HEARERS:
    HEARERS.insert(0, session_gateway_said)

__all__ = [
    "Confirmed",
    "DonorPage",
    "Ending",
    "LinkSent",
    "SessionAsk",
    "asked_of",
    "gateways_switch_off",
    "link_confirm",
    "link_decline",
    "link_open",
    "merchant_end",
    "onboarding_forget",
    "session_cancel",
    "session_decline",
    "session_gateway_said",
    "session_send_link",
    "session_submit",
    "session_submit_payment",
    "sessions_ask",
    "sessions_due",
    "sessions_export",
    "workflow_archive",
    "workflow_create",
    "workflow_restore",
    "workflow_version_add",
]
