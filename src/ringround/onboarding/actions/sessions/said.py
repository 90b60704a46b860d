"""What the gateway says of a session, applied under its lock: by an event, an answer, or when it is asked."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils import translation

from ringround.infra.unit import action
from ringround.kernel.ids import parse_id
from ringround.kernel.messages import N_
from ringround.messaging import actions as messaging
from ringround.onboarding import events
from ringround.onboarding.actions.agreements.signed import View, method_changed, signed_up
from ringround.onboarding.actions.sessions import store
from ringround.onboarding.gateways.port import ChargeView, MandateView
from ringround.onboarding.models import GatewayEvent, Session
from ringround.onboarding.queries.workflows import definition_of
from ringround.onboarding.rules.session import Action, Command, Heard, PaymentType, Word, heard, word_of


@action
def session_gateway_said(*, row: GatewayEvent, now: datetime) -> bool | None:
    """Apply an event that is about a session: True, it changed something; False, nothing; None, it is about none."""
    session_id = _meant(row)
    session = store.lock(session_id) if session_id is not None else None
    if session is None:
        return None
    word = word_of(row.kind, session.payment_type)
    if word is None:
        return None
    if not session.gateway_ref and word == "accepted" and session.agreed.get("one_off"):
        # Which payment came with it only the answer to the beginning says: that is noted first.
        return None
    if not session.gateway_ref and row.ref:
        # It was told before the answer to the beginning was noted.
        # Where the donor goes, and what came with it, that answer alone says: it is still waited for.
        session.account_id, session.gateway_ref = row.account_id, row.ref
        session.save(update_fields=["account", "gateway_ref"])
    return take(session, word, now=now, view=_view(session, row))


def _meant(row: GatewayEvent) -> UUID | None:
    found = Session.objects.filter(account=row.account_id, gateway_ref=row.ref).exclude(gateway_ref="")
    session_id = found.values_list("id", flat=True).first()
    if session_id is not None:
        return session_id
    # Ours of it comes back where the provider brings it: the session's id in hex.
    reference = str(row.data.get("reference") or "")
    if len(reference) != 32:
        return None
    named = parse_id(f"{reference[:8]}-{reference[8:12]}-{reference[12:16]}-{reference[16:20]}-{reference[20:]}")
    if named is None:
        return None
    mine = Session.objects.filter(id=named, merchant=row.account.merchant_id, gateway_ref="")
    return mine.values_list("id", flat=True).first()


def _view(session: Session, row: GatewayEvent) -> View:
    instrument, amount = str(row.data.get("instrument") or ""), row.data.get("amount")
    if session.payment_type == PaymentType.SINGLE:
        return ChargeView(
            ref=row.ref, state=row.kind.removeprefix("charge."), reference=session.id.hex, amount=amount,  # type: ignore[arg-type]
            charged=amount or 0 if row.kind == "charge.charged" else 0, instrument=instrument,
        )  # fmt: skip
    return MandateView(
        ref=row.ref, state=row.kind.removeprefix("mandate."), reference=session.id.hex, instrument=instrument,  # type: ignore[arg-type]
        reason_code=row.reason, actor=str(row.data.get("actor") or ""), charge_ref=one_off_ref(session),
    )  # fmt: skip


def take(session: Session, word: Word, *, now: datetime, view: View | None) -> bool:
    """Do what the word means to the locked session; whether anything changed."""
    what = heard(session.status, word, erased=bool(session.snapshot.get("erased")))
    return carry_out(session, what, now=now, view=view)


def carry_out(session: Session, what: Heard, *, now: datetime, view: View | None) -> bool:
    """The commands in their order. An acceptance makes what was agreed, in this transaction."""
    for command in what.commands:
        if command in (Command.ACCEPT, Command.ACCEPT_LATE):
            _accept(session, command, now, view)
        else:
            reason = what.reason if command is not Command.BEGIN else ""
            store.move(session, command, now=now, reason=reason)
    if what.stop_mandate and session.gateway_ref:
        _unwanted(session, now)
    return bool(what.commands) or what.stop_mandate


def _unwanted(session: Session, now: datetime) -> None:
    """Nothing is to come of what was accepted. Called back by the tick: no call to a gateway is made here."""
    session.look_at = now
    session.snapshot = {**session.snapshot, "unwanted": True, "unwanted_since": now.isoformat()}
    session.event_no += 1
    session.save(update_fields=["look_at", "snapshot", "event_no"])
    store.write(session, "accepted_after_end")
    store.tell(session, now=now, kind=events.SESSION_UNWANTED)


def unwanted_since(session: Session) -> datetime | None:
    """Since when what came after the end is being called back."""
    kept = session.snapshot.get("unwanted_since")
    return datetime.fromisoformat(kept) if kept else None


def _accept(session: Session, command: Command, now: datetime, view: View | None) -> None:
    known = view if view is not None else _bare(session)
    if session.action == Action.SIGN_UP:
        session.subscription = signed_up(session=session, view=known, now=now)
    elif session.action == Action.CHANGE_PAYMENT_METHOD and not method_changed(session=session, view=known, now=now):
        # The agreement has ended meanwhile: there is nothing to pay by the new method.
        if command is Command.ACCEPT:
            store.move(session, Command.FAIL, now=now, reason="not_applicable")
        _unwanted(session, now)
        return
    late = command is Command.ACCEPT_LATE
    store.move(session, command, now=now, reason="late" if late else "", data={"late": late})
    _welcome(session, now)


def _bare(session: Session) -> View:
    if session.payment_type == PaymentType.SINGLE:
        return ChargeView(ref=session.gateway_ref, state="reserved", reference=session.id.hex)
    return MandateView(
        ref=session.gateway_ref, state="active", reference=session.id.hex, charge_ref=one_off_ref(session)
    )


def one_off_ref(session: Session) -> str:
    """What the gateway knows the payment with the acceptance by."""
    return str(session.snapshot.get("charge_ref") or "")


def _welcome(session: Session, now: datetime) -> None:
    """The product's own thanks, once, where there is a number or an address for it."""
    if session.action != Action.SIGN_UP:
        return
    definition = definition_of(session.workflow_version)
    product = definition.product(str(session.agreed.get("product")))
    words = product.welcome_message.strip() if product is not None else ""
    to = session.given.get("phone") or session.given.get("email")
    if not words or not to:
        return
    channel = "sms" if session.given.get("phone") else "email"
    with translation.override(session.language):
        subject = str(N_("Thank you")) if channel == "email" else ""
    messaging.messages_queue(
        orders=[
            messaging.Order(
                key=f"session:{session.id}:welcome", org_id=session.merchant_id, channel=channel, to=to,
                contact_id=session.contact_id, lead_id=session.lead_id, campaign_id=session.campaign_id,
                language=session.language, subject=subject, text=words,
                sender=definition.sms_sender or None if channel == "sms" else None,
                cause={"session": str(session.id)},
            )
        ],
        now=now,
    )  # fmt: skip
