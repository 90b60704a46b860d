"""What the receivers of mails do with them: open, follow a link, take themselves off."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from ringround.contacts import actions as contacts
from ringround.contacts import queries as suppressions
from ringround.infra import clock
from ringround.infra.unit import action
from ringround.kernel.errors import NotFound
from ringround.messaging.actions.notes import message_clicked, message_opened
from ringround.messaging.models import Click, Message, Unsubscribe
from ringround.messaging.rules import tracking as rules
from ringround.messaging.rules.tracking import BY_LINK, Hit
from ringround.orgs import queries as orgs

DECIDED_AT_ONCE = 200


@action
def message_fetched(*, message_id: UUID, hit: Hit) -> None:
    """A mail's pixel or one of its links was fetched. The first of a person and the first of a machine are told."""
    message = _locked(message_id)
    if message is None or message.channel != "email" or message.status in ("queued", "skipped", "received"):
        # Known as sent only after it has arrived: then it was looked through on its way.
        if message is not None and message.status == "queued" and hit.link is None:
            message_opened(message_id=message.id, machine=True, now=hit.at)
        return
    sent_at = message.sent_at or hit.at
    if hit.link is None:
        message_opened(message_id=message.id, machine=bool(rules.machine(hit, sent_at=sent_at)), now=hit.at)
        return
    why = rules.machine(hit, sent_at=sent_at, others=_others(message, hit.link))
    waits = not why and rules.undecided(hit, sent_at=sent_at)
    _row, made = Click.objects.get_or_create(
        message=message, link=hit.link, machine=bool(why),
        defaults={"why": why, "at": hit.at, "due_at": hit.at + rules.TOGETHER if waits else None},
    )  # fmt: skip
    if made and not why and not waits:
        message_clicked(message_id=message.id, link=hit.link, now=hit.at)


def clicks_decide(*, now: datetime, limit: int = DECIDED_AT_ONCE) -> int:
    """Clicks of which it is known by now what else was followed close to them; how many were due."""
    due = list(Click.objects.filter(due_at__lte=now).order_by("due_at", "id").values_list("id", "message_id")[:limit])
    for click_id, message_id in due:
        _decide(click_id, message_id)
    return len(due)


@action
def _decide(click_id: UUID, message_id: UUID) -> None:
    message = _locked(message_id)
    click = Click.objects.filter(id=click_id, due_at__isnull=False).first()
    if message is None or click is None:
        return
    # Of what it says of itself nothing is wrong, or it would not have waited: only its company is asked about.
    hit = Hit(at=click.at, agent="-", link=click.link)
    why = rules.machine(hit, sent_at=message.sent_at or click.at, others=_others(message, click.link))
    if not why:
        click.due_at = None
        click.save(update_fields=["due_at"])
        message_clicked(message_id=message.id, link=click.link, now=click.at)
    elif Click.objects.filter(message=message, link=click.link, machine=True).exists():
        click.delete()
    else:
        click.due_at, click.machine, click.why = None, True, why
        click.save(update_fields=["due_at", "machine", "why"])


@transaction.atomic
def unsubscribe(*, message_id: UUID, undo: bool = False) -> None:
    """The receiver wants no more on this channel from this organisation, or takes that back. Twice is no fault.

    What others have barred (by hand, by STOP), before it or after, is not theirs to take back here: it is one row with
    theirs, whose source says whose it is.
    """
    message = _locked(message_id)
    if message is None or not message.to:
        raise NotFound("message")
    actor = orgs.system_actor(organisation_id=message.organisation_id)
    done = Unsubscribe.objects.filter(message=message).first()
    if undo:
        if done is not None:
            done.delete()
            if _stands(message, done.suppression_id):
                contacts.suppression_remove(actor=actor, suppression_id=done.suppression_id)
        return
    if done is not None and _stands(message, done.suppression_id):
        return
    sms = message.channel == "sms"
    kind, channel = ("phone", "sms") if sms else ("email", "email")
    there = suppressions.suppression_check(
        actor=actor, phone=message.to if sms else "", email="" if sms else message.to
    )  # fmt: skip
    if any(
        one.channel == channel and one.campaign_id is None and one.expires_at is None and one.source != BY_LINK
        for one in there
    ):
        # Theirs by its source: it stays so.
        return
    row, made = contacts.suppression_add(actor=actor, value=message.to, channel=channel, kind=kind, source=BY_LINK)
    if made:
        Unsubscribe.objects.update_or_create(message=message, defaults={"suppression_id": row.id, "at": clock.now()})


# --- inside -------------------------------------------------------------------------------------


def _locked(message_id: UUID) -> Message | None:
    return Message.objects.select_for_update(no_key=True).filter(id=message_id, direction="out").first()


def _others(message: Message, link: int) -> list[tuple[int, datetime]]:
    return list(Click.objects.filter(message=message).exclude(link=link).values_list("link", "at"))


def _stands(message: Message, suppression_id: UUID) -> bool:
    """Whether it is there, and still the receiver's own."""
    actor = orgs.system_actor(organisation_id=message.organisation_id)
    try:
        return suppressions.suppression_get(actor=actor, suppression_id=suppression_id).source == BY_LINK
    except NotFound:
        return False
