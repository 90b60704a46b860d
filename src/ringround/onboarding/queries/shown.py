"""A session as its agent sees it while it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import segno
from django.utils.translation import gettext as _

from ringround.onboarding import texts
from ringround.onboarding.models import Session
from ringround.onboarding.queries.asked import may_pay_here
from ringround.onboarding.queries.entry import person_of
from ringround.onboarding.queries.promised import promise_of_session
from ringround.onboarding.rules import session as rules
from ringround.onboarding.rules.agreed import Agreed
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import allows
from ringround.ui.format import money_text

_LIVE = ("New", "Processing")
_PHASES = ("submitted", "link_sent", "link_opened", "at_gateway", "done")


@dataclass(frozen=True, slots=True)
class Step:
    """How far the donor is: `state` is done, now or open; over where it has ended with nothing."""

    words: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the page and the console's dialog show of a session, and which buttons."""

    id: UUID
    title: str
    campaign: str
    status: str
    phase_key: str
    phase: str
    reason: str
    # What the caller noted beside it.
    detail: str
    late: bool
    ended: bool
    steps: Sequence[Step]
    facts: Sequence[tuple[str, str]]
    promise: str = ""
    may_send: bool = False
    may_pay: bool = False
    may_decline: bool = False
    may_cancel: bool = False
    sms: bool = False
    email: bool = False
    to: str = ""

    @property
    def topic(self) -> str:
        return f"session:{self.id}"


@dataclass(frozen=True, slots=True)
class SentShown:
    """What sending came to: a picture, or words."""

    words: str = ""
    qr: str = field(default="", repr=False)


def sent_words(made: Any, channel: str) -> SentShown:
    """`made`: what `session_send_link` gives. The code is drawn here: its address goes to nobody else."""
    if channel == "qr":
        return SentShown(qr=segno.make(made.url, error="m").svg_data_uri(scale=6, border=4, dark="#000", light="#fff"))
    if channel == "email":
        return SentShown(_("The link is on its way by e-mail."))
    return SentShown(_("The link is on its way by SMS."))


def shown(session: Session, *, actor: Actor) -> Shown:
    """Of a session that the actor sees; with buttons for who may do something with it."""
    ended = session.status not in _LIVE
    needs_link = session.action in ("sign_up", "change_payment_method")
    may = allows(actor, "onboarding.sessions.submit")
    may_send = may and session.status == "New" and needs_link
    known = session.given
    return Shown(
        id=session.id,
        title=str(texts.title_text(session.action, session.payment_type)),
        campaign=str(session.snapshot.get("campaign", "")),
        status=session.status,
        phase_key=session.phase,
        phase=str(texts.PHASES[session.phase]),
        reason=texts.reason_text(session.reason) if ended and session.status != "Complete" else "",
        detail=session.detail if ended else "",
        late=session.late,
        ended=ended,
        steps=_steps(session, needs_link),
        facts=_facts(session),
        promise=promise_of_session(session) if not ended or session.status == "Complete" else "",
        may_send=may_send,
        may_pay=may_send and may_pay_here(session),
        may_decline=may and not ended and needs_link,
        may_cancel=may and not ended,
        sms=bool(known.get("phone")),
        email=bool(known.get("email")),
        to=str(known.get("phone") or known.get("email") or ""),
    )


def _steps(session: Session, needs_link: bool) -> list[Step]:
    words = {
        "submitted": _("Submitted"), "link_sent": _("Link sent"), "link_opened": _("Link opened"),
        "at_gateway": _("At the payment provider"), "done": texts.STATUSES[session.status][1],
    }  # fmt: skip
    phases = _PHASES if needs_link else ("submitted", "done")
    passed = {
        "submitted": True, "link_sent": session.sent_at is not None, "link_opened": session.opened_at is not None,
        "at_gateway": session.began_at is not None, "done": session.phase == "done",
    }  # fmt: skip
    found = []
    for phase in phases:
        state = "done" if passed[phase] else "open"
        if phase == "done" and session.status not in (*_LIVE, "Complete"):
            state = "over"
        if phase == session.phase and phase != "done":
            state = "now"
        ending = phase == "done" and session.phase != "done"
        found.append(Step(str(texts.STATUSES["Complete"][1]) if ending else str(words[phase]), state))
    return found


def _facts(session: Session) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if name := person_of(session.given):
        found.append((_("Contact"), name))
    if session.action == rules.Action.SIGN_UP and session.agreed:
        agreed = Agreed.from_json(session.agreed)
        found.append((_("Agreement"), agreed.name))
        found.append((_("Amount"), money_text(agreed.amount, agreed.currency)))
        found.append((_("How often"), str(texts.SCHEDULES[agreed.schedule])))
    elif was := session.snapshot.get("agreement"):
        found.append((_("Agreement"), str(was["name"])))
        found.append((_("Amount"), money_text(was["amount"], was["currency"])))
        found.append((_("How often"), str(texts.SCHEDULES[was["schedule"]])))
    if session.payment_method:
        label = _("Payment") if session.action == rules.Action.SIGN_UP else _("New payment method")
        found.append((label, str(texts.METHODS[session.payment_method])))
    elif session.action == rules.Action.SIGN_UP:
        found.append((_("Payment"), _("The donor chooses")))
    return found
