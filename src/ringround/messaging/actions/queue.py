"""Writing messages down to be sent. Nothing leaves here: that is the courier's (`messaging.courier`)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from ringround.infra import events as log
from ringround.infra import sql
from ringround.infra.unit import action
from ringround.kernel.ids import new_id
from ringround.messaging import events, links
from ringround.messaging.models import Template, TemplateText, Transport
from ringround.messaging.queries.sendable import unwelcome
from ringround.messaging.rules import merge
from ringround.messaging.rules.compose import Composed, Written, address, compose
from ringround.messaging.rules.outgoing import Outgoing
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One message to be sent.

    `key` is the writer's and stable: the same key of the same organisation is the same message, whatever else the
    second order says (`run:node:visit` of a journey). `org_id` is the merchant; `agency_id` the agency that works for
    it, which then reads the message's events. `to` is E.164 or an e-mail address, or None where there is none.

    What is written: `template_id`, or `subject`, `text` and `html` (merge fields are filled in either way). `values` by
    field name, `contact.Fornavn`; a missing or empty one takes the field's fallback. `language` is a wish: the
    template's own is taken where it has no such text.

    `quiet`: {"from": "21:00", "to": "08:00"}, when not to send, on the recipient's wall clock, beside the
    organisation's own. `not_before`: not sent earlier. `cause` goes into the events.
    """

    key: str
    org_id: UUID
    channel: str
    to: str | None
    contact_id: UUID | None = None
    lead_id: UUID | None = None
    campaign_id: UUID | None = None
    agency_id: UUID | None = None
    template_id: UUID | None = None
    language: str | None = None
    subject: str = ""
    text: str = ""
    html: str = ""
    values: Mapping[str, str | None] = field(default_factory=dict)
    sender: str | None = None
    by: UUID | None = None
    cause: Mapping[str, Any] | None = None
    not_before: datetime | None = None
    quiet: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Queued:
    """What became of an order. `status` is `queued`, or `skipped` with a `reason` (`texts.REASONS`); `existed`: the key
    was there, and the message is the one from then, whose status may be any."""

    message_id: UUID
    key: str
    status: str
    reason: str
    existed: bool


@action
def messages_queue(*, orders: Sequence[Order], now: datetime, ask: bool = False) -> list[Queued]:
    """Write these messages down, in one statement, as part of the caller's unit; an answer for each, in their order.

    Nothing an order may lack is an exception: a message without address, value, template or text is written down as
    `skipped` with its reason. The caller has seen that it may write to these contacts; suppression, quiet hours and
    caps are asked when it is sent. `ask`: suppression and bounces already now, too, for a writer who goes another way
    where a message cannot go.
    """
    if not orders:
        return []
    facts = _Facts(orders)
    rows: dict[tuple[UUID, str], Outgoing] = {}
    for order in orders:
        # A key twice in one batch is one message, too.
        if (order.org_id, order.key) not in rows:
            rows[order.org_id, order.key] = _message(order, facts, now)
    if ask:
        whole = {row.id: row for row in rows.values() if row.status == "queued"}
        for id, reason in unwelcome(messages=list(whole.values()), now=now).items():
            whole[id].status, whole[id].reason = "skipped", reason
    made = _insert(list(rows.values()), now)
    there: dict[tuple[UUID, str], dict[str, Any]] = {}
    if len(made) < len(rows):
        left = [key for key, row in rows.items() if row.id not in made]
        found = sql.rows("messaging", "messages_there", orgs=[one[0] for one in left], keys=[one[1] for one in left])
        there = {(row["org"], row["key"]): row for row in found}
    log.record_all(
        events.message_event(row, events.OF_STATUS[row.status], at=now) for row in rows.values() if row.id in made
    )
    answers = []
    seen = set()
    for order in orders:
        key = (order.org_id, order.key)
        row = rows[key]
        if row.id in made:
            answers.append(Queued(row.id, order.key, row.status, row.reason, key in seen))
            seen.add(key)
        else:
            one = there[key]
            answers.append(Queued(one["id"], order.key, one["status"], one["reason"], True))
    return answers


class _Facts:
    """What orders are read against, asked once for all of them."""

    def __init__(self, orders: Sequence[Order]) -> None:
        org_ids = {one.org_id for one in orders}
        self.actors: dict[UUID, Actor] = {org_id: orgs.system_actor(organisation_id=org_id) for org_id in org_ids}
        self.ways = set(
            Transport.objects.filter(organisation__in=org_ids).values_list("organisation", "channel").distinct()
        )
        wanted = {one.template_id for one in orders if one.template_id is not None}
        self.templates: dict[UUID, Template] = {one.id: one for one in Template.objects.filter(id__in=wanted)}
        self.texts: dict[UUID, dict[str, Written]] = {}
        for text in TemplateText.objects.filter(template__in=wanted).order_by("id"):
            written = Written(text.language, text.subject, text.text, text.html)
            self.texts.setdefault(text.template_id, {})[text.language] = written
        self._live: dict[tuple[UUID, UUID], bool] = {}
        self._counts: Counter[tuple[UUID, UUID]] = Counter()
        pairs = sorted({(one.lead_id, one.template_id) for one in orders if one.lead_id and one.template_id})
        if pairs:
            leads, templates = [one[0] for one in pairs], [one[1] for one in pairs]
            for row in sql.rows("messaging", "messages_counted", leads=leads, templates=templates):
                self._counts[row["lead"], row["template"]] = row["count"]

    def template(self, order: Order) -> Template | None:
        """The order's template, if the merchant may use it: its own, or of an agency that works for it."""
        found = self.templates.get(order.template_id) if order.template_id else None
        if found is None or found.organisation_id == order.org_id:
            return found
        pair = (order.org_id, found.organisation_id)
        if pair not in self._live:
            self._live[pair] = orgs.link_is_live(merchant_id=pair[0], agency_id=pair[1])
        return found if self._live[pair] else None

    def nth(self, order: Order, *, counts: bool) -> int:
        """Which message of its template to its lead this is."""
        if order.lead_id is None or order.template_id is None:
            return 1
        pair = (order.lead_id, order.template_id)
        nth = self._counts[pair] + 1
        self._counts[pair] += counts
        return nth


def _message(order: Order, facts: _Facts, now: datetime) -> Outgoing:
    """The row of an order, whole."""
    message_id = new_id()
    organisation = facts.actors[order.org_id].organisation
    to, fault = address(order.channel, order.to)
    template = facts.template(order)
    written = Written(order.language or organisation.language, order.subject, order.text, order.html)
    composed = Composed()
    if organisation.closing_at is not None:
        fault = "closed"
    elif order.template_id is not None and template is None:
        fault = "no_template"
    elif template is not None and template.channel != order.channel:
        fault = "wrong_channel"
    elif (order.org_id, order.channel) not in facts.ways:
        fault = "no_transport"
    else:
        if template is not None:
            texts = facts.texts.get(template.id, {})
            language = merge.choose_language((order.language, organisation.language, template.language), texts)
            written = texts[language] if language is not None else Written(template.language)
        composed = compose(order.channel, written, order.values, unsubscribe=links.unsubscribe_url(message_id))
        fault = fault or composed.reason
    return Outgoing(
        id=message_id, organisation_id=order.org_id, agency_id=order.agency_id, channel=order.channel,
        key=order.key, contact_id=order.contact_id, lead_id=order.lead_id, campaign_id=order.campaign_id,
        to=to, sender=order.sender or "", template_id=template.id if template is not None else None,
        language=written.language, subject=composed.subject, text=composed.text, html=composed.html,
        parts=composed.parts, nth=facts.nth(order, counts=not fault), status="skipped" if fault else "queued",
        reason=fault, detail=composed.detail, quiet=order.quiet or None, by_id=order.by, cause=order.cause or None,
        next_at=max(now, order.not_before) if order.not_before else now,
    )  # fmt: skip


def _insert(rows: list[Outgoing], now: datetime) -> set[UUID]:
    """Those that were new."""
    found = sql.rows(
        "messaging", "messages_add", now=now,
        ids=[one.id for one in rows], orgs=[one.organisation_id for one in rows],
        agencies=[one.agency_id for one in rows], channels=[one.channel for one in rows],
        keys=[one.key for one in rows], contacts=[one.contact_id for one in rows],
        leads=[one.lead_id for one in rows], campaigns=[one.campaign_id for one in rows],
        addresses=[one.to for one in rows], senders=[one.sender for one in rows],
        templates=[one.template_id for one in rows], languages=[one.language for one in rows],
        subjects=[one.subject for one in rows], texts=[one.text for one in rows], htmls=[one.html for one in rows],
        parts=[one.parts for one in rows], nths=[one.nth for one in rows], statuses=[one.status for one in rows],
        reasons=[one.reason for one in rows], details=[one.detail for one in rows],
        quiets=[json.dumps(dict(one.quiet)) if one.quiet else None for one in rows],
        bys=[one.by_id for one in rows],
        causes=[json.dumps(dict(one.cause)) if one.cause else None for one in rows],
        nexts=[one.next_at for one in rows],
    )  # fmt: skip
    return {row["id"] for row in found}
