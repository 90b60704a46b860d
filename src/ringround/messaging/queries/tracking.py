"""What stands behind the addresses in a sent mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ringround.contacts import queries as contacts
from ringround.kernel.errors import NotFound
from ringround.messaging import links
from ringround.messaging.models import Click, Message, Unsubscribe
from ringround.messaging.rules import tracking as rules
from ringround.orgs import queries as orgs


def link_of(*, message_id: UUID, place: int) -> str:
    """Where the link at this place of the mail leads; NotFound for any but those that stood there."""
    html = Message.objects.filter(id=message_id, direction="out").values_list("html", flat=True).first()
    found = rules.links(html or "")
    if place >= len(found):
        raise NotFound("link")
    return found[place]


def clicks_of(*, message: Message) -> list[tuple[str, list[Click]]]:
    """Each link of a mail that the caller has found visible, and who followed it."""
    rows = list(Click.objects.filter(message=message, due_at__isnull=True).order_by("at"))
    return [(url, [one for one in rows if one.link == place]) for place, url in own_links(message)]


def own_links(message: Message) -> list[tuple[int, str]]:
    """The links that whoever wrote the mail put into it, with their places: without the one to take oneself off."""
    stop = links.unsubscribe_url(message.id)
    return [(place, url) for place, url in enumerate(rules.links(message.html)) if url != stop]


@dataclass(frozen=True, slots=True)
class Left:
    """What the page of a link says: whose messages, to whom, and whether they come. `may_undo`: by this very link."""

    organisation: str
    address: str
    language: str
    channel: str
    off: bool
    may_undo: bool


def unsubscribed(*, message_id: UUID) -> Left:
    """How it stands with the receiver of this message."""
    message = Message.objects.select_related("organisation").filter(id=message_id, direction="out").first()
    if message is None or not message.to:
        raise NotFound("message")
    actor = orgs.system_actor(organisation_id=message.organisation_id)
    sms = message.channel == "sms"
    found = contacts.suppression_check(
        actor=actor, phone=message.to if sms else "", email="" if sms else message.to, contact_id=None
    )
    # A bar of one campaign's is no answer to whoever wants no more from the organisation.
    off = any(one.campaign_id is None for one in found)
    done = Unsubscribe.objects.filter(message=message).first()
    return Left(
        organisation=message.organisation.name, address=masked(message.to), channel=message.channel,
        language=message.language or message.organisation.language, off=off,
        may_undo=done is not None
        and any(one.id == done.suppression_id and one.source == rules.BY_LINK for one in found),
    )  # fmt: skip


def masked(address: str) -> str:
    """As much of a number or address as its owner knows it by: whoever got the mail passed on learns no more."""
    name, sign, host = address.partition("@")
    if sign:
        return f"{name[:1]}…@{host}"
    return f"{address[:3]}…{address[-2:]}"


def next_click() -> datetime | None:
    """When the next click is decided that is not yet."""
    due = Click.objects.filter(due_at__isnull=False).order_by("due_at")
    return due.values_list("due_at", flat=True).first()
