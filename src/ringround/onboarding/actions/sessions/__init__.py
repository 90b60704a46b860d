"""Sessions: submitted, sent to the donor, begun at the gateway, and ended. The order of locks is the house's: the
session, then what came of it, the lead last. No call to a gateway is made with a lead or a campaign locked."""

from ringround.onboarding.actions.sessions.acts import session_cancel, session_decline, session_submit_payment
from ringround.onboarding.actions.sessions.ask import SessionAsk
from ringround.onboarding.actions.sessions.donor import Confirmed, DonorPage, link_confirm, link_decline, link_open
from ringround.onboarding.actions.sessions.expire import sessions_ask, sessions_due
from ringround.onboarding.actions.sessions.link import LinkSent, session_send_link
from ringround.onboarding.actions.sessions.said import session_gateway_said
from ringround.onboarding.actions.sessions.submit import asked_of, session_submit

__all__ = [
    "Confirmed",
    "DonorPage",
    "LinkSent",
    "SessionAsk",
    "asked_of",
    "link_confirm",
    "link_decline",
    "link_open",
    "session_cancel",
    "session_decline",
    "session_gateway_said",
    "session_send_link",
    "session_submit",
    "session_submit_payment",
    "sessions_ask",
    "sessions_due",
]
