"""The approval link: one that works for each session, sent by SMS or e-mail, or shown as a QR code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import translation

from ringround.infra import clock
from ringround.infra.unit import action
from ringround.kernel import phones
from ringround.kernel.columns import is_email
from ringround.kernel.errors import Conflict, Invalid, TooMany
from ringround.kernel.ids import hash_token, new_token
from ringround.kernel.messages import N_
from ringround.messaging import actions as messaging
from ringround.messaging import queries as messages
from ringround.onboarding.accounts import methods_for, seal
from ringround.onboarding.actions import leads
from ringround.onboarding.actions.sessions import store
from ringround.onboarding.models import ApprovalLink, Session
from ringround.onboarding.queries.workflows import definition_of
from ringround.onboarding.rules.session import Command, is_local
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor

CHANNELS = ("sms", "email", "qr")
# Links of one session within an hour, and in all.
MOST_AN_HOUR, MOST = 5, 20
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Over all sessions: to one number or address within a day, and by one agent within an hour.
MOST_TO_ONE, MOST_BY_ONE = 12, 150
# How the keys of the messages begin that carry links.
KEYS = "session:"
_REFUSED = {
    "no_address": N_("There is no number or address to send the link to."),
    "suppressed": N_("This number or address is on a suppression list: show the link as a QR code instead."),
    "bounced_before": N_("Messages to this address came back before: use another way."),
    "no_transport": N_("There is no way to send such messages: set one up, or show the link as a QR code."),
}
_OTHERWISE = N_("The message could not be sent.")


@dataclass(frozen=True, slots=True)
class LinkSent:
    """The session with its new link. `url`: for a QR code, and where the link may be read; else None."""

    session: Session
    url: str | None
    message_id: UUID | None


def link_url(token: str) -> str:
    """Where the donor opens it."""
    return f"{settings.RINGROUND.base_url}/a/{token}"


def in_demo() -> bool:
    """Whether this is `ringround demo`, where links can be read back."""
    return clock.is_virtual() or (settings.RINGROUND.data / "demo.json").is_file()


@action
def session_send_link(*, actor: Actor, session_id: UUID, channel: str, to: str | None = None) -> LinkSent:
    """Send the link (sms, email) or give it (qr). The one before works no more. A new session's first link lives as
    long as the session; another gives both the workflow's whole lifetime again.

    409 with the reason where the message cannot go (`suppressed`, `no_transport` …), 429 where too many were sent.
    """
    now = clock.now()
    session = store.lock_seen(actor, session_id)
    if channel not in CHANNELS:
        options = {"options": list(CHANNELS)}
        raise Invalid.one(("channel",), "not_an_option", N_("Choose one of the options."), **options)
    if is_local(session.action):
        raise Conflict("wrong_state", N_("This needs no link."), ("New",))
    if not methods_for(merchant_id=session.merchant_id):
        raise Conflict("no_payment_account", N_("The merchant has no payment account."))
    _limit(session, now)
    definition = definition_of(session.workflow_version)
    again = ApprovalLink.objects.filter(session=session).exists()
    if again:
        session.expires_at = session.look_at = now + timedelta(seconds=definition.link_ttl_s)
    token = new_token("a")
    if in_demo():
        session.snapshot["link"] = seal({"token": token})
    store.move(session, Command.SEND_LINK, now=now, actor=actor, data={"channel": channel})
    store.links_revoke(session, now=now)
    link = ApprovalLink(
        session=session, token_hash=hash_token(token), channel=channel, created_by=actor.user, created_at=now,
        expires_at=session.expires_at,
    )  # fmt: skip
    link.save(force_insert=True)
    if channel != "qr":
        link.message_id = _send(session, link, token, channel, to, actor, now)
        link.save(update_fields=["message_id"])
    if again:
        leads.waits(session, now=now)
    return LinkSent(session, link_url(token) if channel == "qr" else None, link.message_id)


def _limit(session: Session, now: datetime) -> None:
    times = list(
        ApprovalLink.objects.filter(session=session).order_by("-created_at").values_list("created_at", flat=True)
    )
    if len(times) >= MOST:
        raise Conflict("too_many_links", N_("So many links were sent for this session that it takes no more."))
    recent = [at for at in times if at > now - HOUR]
    if len(recent) >= MOST_AN_HOUR:
        wait = recent[MOST_AN_HOUR - 1] + HOUR - now
        raise TooMany(int(wait.total_seconds()) + 1, N_("Several links were sent just now. Wait a little."))


def _limit_sent(session: Session, channel: str, address: str | None, actor: Actor, now: datetime) -> None:
    """However many sessions they are of: messages to one number or address, and those of one agent at their screen,
    whose every session may be to a number of somebody's who is paid for being sent to."""
    org_id = session.merchant_id
    if address and messages.written(org_id=org_id, to=(channel, address), since=now - DAY, prefix=KEYS) >= MOST_TO_ONE:
        raise TooMany(int(HOUR.total_seconds()), N_("So many links went there of late that no more are sent today."))
    if actor.via != "token" and actor.user_id is not None:
        sent = messages.written(org_id=org_id, by=actor.user_id, since=now - HOUR, prefix=KEYS)
        if sent >= MOST_BY_ONE:
            raise TooMany(600, N_("You have sent very many links within the hour. Wait a little."))


def _send(
    session: Session, link: ApprovalLink, token: str, channel: str, to: str | None, actor: Actor, now: datetime
) -> UUID:
    """The message that carries the link, asked now whether it may go."""
    definition = definition_of(session.workflow_version)
    address = _address(session, channel, to)
    _limit_sent(session, channel, address, actor, now)
    with translation.override(session.language):
        subject = str(N_("Your agreement with %(merchant)s", merchant=session.snapshot.get("merchant", "")))
    words = definition.approval_message.strip()
    (queued,) = messaging.messages_queue(
        orders=[
            messaging.Order(
                key=f"{KEYS}{session.id}:link:{link.id}", org_id=session.merchant_id, channel=channel, to=address,
                contact_id=session.contact_id, lead_id=session.lead_id, campaign_id=session.campaign_id,
                agency_id=session.agency_id if session.agency_id != session.merchant_id else None,
                language=session.language, subject=subject if channel == "email" else "",
                text=f"{words}\n{link_url(token)}" if words else link_url(token),
                sender=definition.sms_sender or None if channel == "sms" else None, by=actor.user_id,
                cause={"session": str(session.id), messaging.AWAITED: True},
            )
        ],
        now=now, ask=True,
    )  # fmt: skip
    if queued.status == "skipped":
        raise Conflict(queued.reason, _REFUSED.get(queued.reason, _OTHERWISE))
    return queued.message_id


def _address(session: Session, channel: str, to: str | None) -> str | None:
    known: dict[str, str] = session.given
    if channel == "email":
        if to and not is_email(to):
            raise Invalid.one(("to",), "bad_email", N_("This is not an e-mail address."))
        return to or known.get("email")
    if not to:
        return known.get("phone")
    region = orgs.organisation_get(organisation_id=session.merchant_id).region
    found = phones.parse(to, region)
    if found is None or not found.valid:
        raise Invalid.one(("to",), "bad_phone", N_("This is not a phone number."))
    return found.e164
