"""What decides whether messages may go now: read for a batch by the courier, and ahead for whoever writes one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from ringround.compliance.rules.messages import Cap, MessageFacts, quiet_hours
from ringround.contacts import queries as contacts
from ringround.contacts.queries import Recipient
from ringround.infra import sql
from ringround.kernel import phones
from ringround.kernel.windows import Hours
from ringround.messaging.models import Message, MessageSettings
from ringround.messaging.rules.outgoing import Outgoing

# In the cause of a message that somebody sends to try it out.
TEST = "test"
# In the cause of a message that its recipient has asked for and waits for: hours and caps are not asked.
AWAITED = "awaited"
# The gates' names, as reasons of messages.
REASONS = {"suppression": "suppressed", "bounced": "bounced_before", "quiet_hours": "no_hours", "cap": "capped"}


class Facts:
    """What is asked about a batch, read at once."""

    settings: dict[UUID, MessageSettings]
    zones: dict[UUID, str]
    barred: set[UUID]
    bounced: set[UUID]
    sent: dict[UUID, list[datetime]]
    now: datetime

    def of(self, message: Message, going: Sequence[Message]) -> MessageFacts:
        """The facts of one; `going` are those of the batch that go before it."""
        cause = message.cause or {}
        if cause.get(TEST) or cause.get(AWAITED):
            # Somebody waits for it.
            return MessageFacts(suppressed=message.id in self.barred)
        quiet, caps = asked_of(self.settings.get(message.organisation_id), message.channel, message.quiet)
        before = [self.now for one in going if _same_person(one, message)]
        return MessageFacts(
            suppressed=message.id in self.barred,
            bounced=message.id in self.bounced,
            zones=self.zones_of(message),
            quiet=quiet,
            caps=caps,
            sent=tuple(self.sent.get(message.id, ())) + tuple(before) if caps else (),
        )

    def waits(self, message: Message, closed: Collection[str]) -> bool:
        """Whether it waits for these gates to open, rather than being skipped."""
        return patient(self.settings.get(message.organisation_id), closed)

    def zones_of(self, message: Message) -> tuple[str, ...]:
        """By whose clocks it goes."""
        own = self.zones.get(message.contact_id, "") if message.contact_id is not None else ""
        asked = (message.quiet or {}).get("zone")
        if own or asked:
            return (own or str(asked),)
        of_number = phones.timezones(message.to) if message.channel == "sms" else ()
        return tuple(of_number) or (message.organisation.timezone,)


def asked_of(
    settings: MessageSettings | None, channel: str, quiet: Mapping[str, str] | None
) -> tuple[tuple[Hours, ...], tuple[Cap, ...]]:
    """The hours and caps of the organisation for a channel, with the message's own quiet hours."""
    own = settings.quiet if settings is not None else None
    hours = [found for raw in (own, quiet) if (found := quiet_hours(raw)) is not None]
    caps = settings.caps if settings is not None else ()
    return tuple(hours), tuple(
        Cap(one["most"], timedelta(days=one["days"])) for one in caps if one["channel"] == channel
    )  # fmt: skip


def patient(settings: MessageSettings | None, closed: Collection[str]) -> bool:
    """Whether an organisation's messages wait for all of these gates to open."""
    waits = {"quiet_hours", "cap"} if settings is not None and settings.over_cap == "wait" else {"quiet_hours"}
    return set(closed) <= waits


def why(closed: Sequence[str]) -> str:
    """Of these gates the one that a message is skipped for, as a reason."""
    return REASONS[next((one for one in closed if one != "quiet_hours"), closed[0])]


def _same_person(one: Message, other: Message) -> bool:
    return (
        one.organisation_id == other.organisation_id
        and one.channel == other.channel
        and (one.to == other.to or (one.contact_id is not None and one.contact_id == other.contact_id))
    )


def unwelcome(*, messages: Sequence[Message | Outgoing], now: datetime) -> dict[UUID, str]:
    """Of these messages those that nobody may have, whatever the hour, by id: `suppressed`, `bounced_before`."""
    found: dict[UUID, str] = {}
    mails = [one for one in messages if one.channel == "email"]
    if mails:
        rows = sql.rows(
            "messaging", "messages_bounced", orgs=[one.organisation_id for one in mails],
            addresses=[one.to for one in mails],
        )  # fmt: skip
        found = {mails[row["i"] - 1].id: REASONS["bounced"] for row in rows}
    for at in contacts.messages_barred(recipients=_recipients(messages), now=now) if messages else ():
        found[messages[at].id] = REASONS["suppression"]
    return found


def _recipients(messages: Sequence[Message | Outgoing]) -> list[Recipient]:
    kind = {"sms": "phone", "email": "email"}
    return [
        Recipient(one.organisation_id, one.campaign_id, one.contact_id, kind[one.channel], one.to) for one in messages
    ]


def sendable(*, messages: Sequence[Message], now: datetime, real: datetime) -> Facts:
    """The facts of these messages."""
    found = Facts()
    found.now = now
    org_ids = {one.organisation_id for one in messages}
    found.settings = {one.organisation_id: one for one in MessageSettings.objects.filter(organisation__in=org_ids)}
    found.zones = contacts.contact_zones({one.contact_id for one in messages if one.contact_id is not None})
    found.barred = {messages[at].id for at in contacts.messages_barred(recipients=_recipients(messages), now=now)}
    mails = [one for one in messages if one.channel == "email"]
    found.bounced, found.sent = set(), defaultdict(list)
    if mails:
        rows = sql.rows(
            "messaging", "messages_bounced", orgs=[one.organisation_id for one in mails],
            addresses=[one.to for one in mails],
        )  # fmt: skip
        found.bounced = {mails[row["i"] - 1].id for row in rows}
    capped = [one for one in messages if one.organisation_id in found.settings]
    days = max((cap["days"] for one in found.settings.values() for cap in one.caps), default=0)
    if capped and days:
        of_batch = {one.id for one in messages}
        rows = sql.rows(
            "messaging", "messages_recent", now=now, real=real, since=now - timedelta(days=days),
            ids=[one.id for one in capped], orgs=[one.organisation_id for one in capped],
            channels=[one.channel for one in capped], addresses=[one.to for one in capped],
            contacts=[one.contact_id for one in capped],
        )  # fmt: skip
        for row in rows:
            # Those of the batch are counted as they are let go.
            if row["id"] not in of_batch:
                found.sent[capped[row["i"] - 1].id].append(row["at"])
    return found
