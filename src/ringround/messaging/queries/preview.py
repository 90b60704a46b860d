"""What a message would say, before anything is sent; and messages as the rooms above read them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from ringround.kernel import cursors
from ringround.messaging.models import Message, Template, TemplateText
from ringround.messaging.rules import merge, sms
from ringround.messaging.rules.compose import Written, compose

# Stands for the link by which one takes oneself off, which is the message's own: as long as a real one.
_LINK = "https://example.org/m/u/" + "x" * 34


# Of so many campaigns the newest messages are looked for one by one.
MOST_UNITED = 100


@dataclass(frozen=True, slots=True)
class Preview:
    """What would go out. `reason`: why it would not (`texts.REASONS`), `detail`: the field that is empty. For an SMS
    how many `parts` it takes, how many places are `left` in the last, and whether `unicode` makes it dear."""

    subject: str
    text: str
    html: str
    language: str
    parts: int = 1
    left: int = 0
    unicode: bool = False
    reason: str = ""
    detail: str = ""
    fields: tuple[str, ...] = ()

    @property
    def length(self) -> int:
        return len(self.text)


def preview(
    *, channel: str, values: Mapping[str, str | None], language: str, subject: str = "", text: str = "", html: str = ""
) -> Preview:
    """Words that need not have been saved, filled in."""
    return _preview(channel, Written(language, subject, text, html), values)


def template_filled(*, template: Template, values: Mapping[str, str | None], language: str) -> Preview:
    """A template in the language that a message to somebody who reads `language` would have."""
    texts = {
        one.language: Written(one.language, one.subject, one.text, one.html)
        for one in TemplateText.objects.filter(template=template).order_by("id")
    }
    chosen = merge.choose_language((language, template.language), texts)
    return _preview(template.channel, texts[chosen] if chosen else Written(language), values)


def _preview(channel: str, written: Written, values: Mapping[str, str | None]) -> Preview:
    made = compose(channel, written, values, unsubscribe=_LINK)
    text, subject, html = made.text, made.subject, made.html
    if made.reason == "missing_value":
        # What there is of it, the field in its place: whoever writes sees which it is.
        there = {name.casefold() for name, value in values.items() if value and value.strip()}
        names = merge.fields(f"{written.subject}\n{written.text}\n{written.html}")
        shown = {name: f"[{name}]" for name in names if name.casefold() not in there}
        rest = compose(channel, written, {**values, **shown}, unsubscribe=_LINK)
        text, subject, html = rest.text, rest.subject, rest.html
    parts = sms.parts(text)
    return Preview(
        subject=subject, text=text, html=html, language=written.language,
        parts=parts.count if channel == "sms" else 1, left=parts.left if channel == "sms" else 0,
        unicode=channel == "sms" and parts.encoding != "gsm7", reason=made.reason, detail=made.detail,
        fields=merge.fields(f"{written.subject}\n{written.text}\n{written.html}"),
    )  # fmt: skip


def template_find(*, org_ids: Collection[UUID], template_id: UUID) -> Template | None:
    """A template of one of these organisations that may be sent; for a room that has looked who asks."""
    return Template.objects.filter(organisation__in=org_ids, id=template_id, archived_at__isnull=True).first()


def templates_for(*, org_ids: Collection[UUID], channel: str | None = None) -> list[Template]:
    """Templates of these organisations, by name."""
    found = Template.objects.filter(organisation__in=org_ids, archived_at__isnull=True)
    if channel is not None:
        found = found.filter(channel=channel)
    return list(found.order_by("name", "id"))


def message_in(*, org_id: UUID, message_id: UUID) -> Message | None:
    """One that came in, for a room that looks whose it is."""
    return Message.objects.filter(organisation=org_id, id=message_id, direction="in").first()


def message_of(*, message_id: UUID) -> Message | None:
    """Any message; the caller looks whether its lead is visible."""
    return Message.objects.filter(id=message_id).first()


def messages_of_campaigns(
    *, campaign_ids: Collection[UUID], org_ids: Collection[UUID], channel: str | None = None,
    status: str | None = None, template_id: UUID | None = None, by_id: UUID | None = None, lead_id: UUID | None = None,
    size: int = 50, after: str | None = None,
) -> tuple[list[Message], str | None]:  # fmt: skip
    """Messages to leads of these campaigns (of these merchants), newest first, and the cursor of the next page. Only
    for a room that has found the campaigns visible."""
    found = Message.objects.filter(organisation__in=org_ids, campaign_id__in=campaign_ids)
    asked = {"channel": channel, "status": status, "template": template_id, "by_id": by_id, "lead_id": lead_id}
    found = found.filter(**{name: value for name, value in asked.items() if value is not None})
    if after:
        at, last = cursors.decode_at(after)
        found = found.filter(Q(at__lt=at) | Q(at=at, id__lt=last))
    found = found.order_by("-at", "-id")
    campaigns = list(campaign_ids)
    if by_id is None and lead_id is None and 1 < len(campaigns) <= MOST_UNITED:
        # The newest of each by its index, and of these the newest: all of an agency's are never sorted.
        few = [found.filter(campaign_id=one).values("id", "at")[: size + 1] for one in campaigns]
        newest = few[0].union(*few[1:], all=True).order_by("-at", "-id")[: size + 1]
        found = Message.objects.filter(id__in=[one["id"] for one in newest]).order_by("-at", "-id")
    rows = list(found[: size + 1])
    return rows[:size], cursors.encode_at(rows[size - 1].at, rows[size - 1].id) if len(rows) > size else None


def message_shape(one: Message) -> dict[str, Any]:
    """A message as the API shows it."""
    return {
        "id": one.id, "lead": one.lead_id, "campaign": one.campaign_id, "contact": one.contact_id,
        "channel": one.channel, "direction": one.direction, "to": one.to, "sender": one.sender,
        "subject": one.subject, "text": one.text, "parts": one.parts, "template": one.template_id,
        "language": one.language, "status": one.status, "reason": one.reason or None, "by": one.by_id, "at": one.at,
        "next_at": one.next_at if one.status == "queued" else None, "sent_at": one.sent_at,
        "delivered_at": one.delivered_at, "opened_at": one.opened_at, "machine_opened_at": one.machine_opened_at,
        "clicked_at": one.clicked_at,
    }  # fmt: skip
