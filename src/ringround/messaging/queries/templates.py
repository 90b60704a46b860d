"""Templates and transports as their organisation reads them; templates also as those see them who work for it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q

from ringround.kernel import cursors
from ringround.kernel.errors import NotFound
from ringround.messaging.models import MessageSettings, Template, Transport
from ringround.messaging.rules import sms
from ringround.messaging.rules.compose import Composed, Written, compose
from ringround.messaging.rules.merge import choose_language
from ringround.messaging.ways import receipts_url
from ringround.orgs import permissions
from ringround.orgs.actor import Actor


def template_list(
    *, actor: Actor, channel: str | None = None, also_org_id: UUID | None = None, size: int = 50, after: str = ""
) -> tuple[list[Template], str | None]:
    """The organisation's templates, newest first, and the cursor of the next page. `also_org_id`: of the agency, too,
    that works for it, or of the merchant it works for; the caller has seen that the two belong together."""
    permissions.require(actor, "messaging.templates.read")
    owners = [actor.org_id] + ([also_org_id] if also_org_id is not None else [])
    found = Template.objects.filter(organisation__in=owners, archived_at__isnull=True)
    if channel is not None:
        found = found.filter(channel=channel)
    if after:
        (before,) = cursors.decode(after, UUID)
        found = found.filter(id__lt=before)
    rows = list(found.prefetch_related("texts").order_by("-id")[: size + 1])
    following = cursors.encode([rows[size - 1].id]) if len(rows) > size else None
    return rows[:size], following


def template_get(*, actor: Actor, template_id: UUID) -> Template:
    """One of the organisation's; NotFound."""
    found = Template.objects.filter(organisation=actor.org_id, id=template_id, archived_at__isnull=True).first()
    if found is None:
        raise NotFound("template")
    permissions.require(actor, "messaging.templates.read")
    return found


def template_names(ids: set[UUID]) -> dict[UUID, str]:
    """Names of templates, deleted ones too; for a room that names them already."""
    return dict(Template.objects.filter(id__in=ids).values_list("id", "name"))


def template_texts(template: Template) -> dict[str, Written]:
    """What is written in each language, the template's own first."""
    rows = sorted(template.texts.all(), key=lambda row: (row.language != template.language, row.id))
    return {row.language: Written(row.language, row.subject, row.text, row.html) for row in rows}


def template_preview(
    *, actor: Actor, template_id: UUID, values: dict[str, str | None], language: str | None = None
) -> tuple[Written, Composed]:
    """The template in the language that would be taken, filled in; what would keep it from being sent is its reason.
    The unsubscribe link stands as its name."""
    template = template_get(actor=actor, template_id=template_id)
    texts = template_texts(template)
    chosen = choose_language((language, actor.organisation.language, template.language), texts)
    written = texts[chosen] if chosen is not None else Written(template.language)
    return written, compose(template.channel, written, values, unsubscribe="[unsubscribe_link]")


def template_json(template: Template) -> dict[str, Any]:
    """A template as the API shows it: the text in its own language, and all texts."""
    texts = template_texts(template)
    own = texts.get(template.language, Written(template.language))
    return {
        "id": template.id,
        "name": template.name,
        "channel": template.channel,
        "language": template.language,
        "subject": own.subject,
        "text": own.text,
        "html": own.html,
        "texts": {
            language: {"subject": one.subject, "text": one.text, "html": one.html} for language, one in texts.items()
        },
        "parts": sms.parts(sms.plain(own.text)).count if template.channel == "sms" else 1,
        "created_at": template.created_at,
        "updated_at": template.updated_at,
    }


def transport_list(*, actor: Actor) -> list[Transport]:
    """The organisation's, in the order in which they are used."""
    permissions.require(actor, "messaging.transports.read")
    return list(Transport.objects.filter(organisation=actor.org_id).order_by("channel", "priority", "id"))


def transport_get(*, actor: Actor, transport_id: UUID) -> Transport:
    """One of the organisation's; NotFound."""
    found = Transport.objects.filter(organisation=actor.org_id, id=transport_id).first()
    if found is None:
        raise NotFound("transport")
    permissions.require(actor, "messaging.transports.read")
    return found


def channels_open(*, org_id: UUID) -> frozenset[str]:
    """The channels that an organisation has an active transport for: what a screen may offer."""
    return frozenset(
        Transport.objects.filter(Q(organisation=org_id, active=True)).values_list("channel", flat=True).distinct()
    )


def transport_json(transport: Transport, *, actor: Actor) -> dict[str, Any]:
    """A transport as the API shows it, without its secrets. The address that the provider calls is one: whoever has it
    may tell of receipts and of STOP, so it is shown to those alone who may change the transport."""
    return {
        "id": transport.id,
        "name": transport.name,
        "kind": transport.kind,
        "channel": transport.channel,
        "sender": transport.sender,
        "settings": transport.settings,
        "has_secrets": bool(transport.secrets),
        "active": transport.active,
        "priority": transport.priority,
        "throttle_per_s": transport.throttle_per_s,
        "receipts_url": receipts_url(transport) if permissions.allows(actor, "messaging.transports.change") else None,
        "fault": transport.fault or None,
        "fault_at": transport.fault_at if transport.fault else None,
        "created_at": transport.created_at,
        "updated_at": transport.updated_at,
    }


def message_settings(*, actor: Actor) -> MessageSettings:
    """What the organisation asks of its messages; as it would be made where it has changed nothing (not saved)."""
    permissions.require(actor, "messaging.settings.read")
    return settings_of(actor.org_id)


def settings_of(org_id: UUID) -> MessageSettings:
    """The same for a room above, or for an address in a message, which asks for no permission."""
    return MessageSettings.objects.filter(organisation=org_id).first() or MessageSettings(organisation_id=org_id)
