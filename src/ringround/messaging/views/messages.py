"""What was sent and what came in; and the sandbox, where one reads it as its receiver would."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ringround.infra import clock
from ringround.kernel.errors import Conflict, Invalid
from ringround.kernel.ids import parse_id
from ringround.messaging import actions, queries
from ringround.messaging.models import Message
from ringround.messaging.texts import CHANNELS, STATUSES
from ringround.messaging.views.common import shows_mail, told
from ringround.orgs.permissions import allows
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx

PAGE, SANDBOX_PAGE = 50, 20
ACT = "messaging.messages.test"


@require_safe
@requires("messaging.messages.read")
def message_list(request: ActorRequest) -> HttpResponse:
    """All messages of the organisation, newest first."""
    asked = request.GET
    chosen: dict[str, Any] = {
        "channel": asked.get("channel") if asked.get("channel") in CHANNELS else None,
        "status": asked.get("status") if asked.get("status") in STATUSES else None,
        "template_id": parse_id(asked.get("template", "")),
    }
    rows, following = queries.message_page(actor=request.actor, size=PAGE, after=asked.get("after"), **chosen)
    templates = queries.templates_for(org_ids=[request.actor.org_id])
    names = queries.template_names({one.template_id for one in rows if one.template_id is not None})
    context = {
        "rows": [{**one, "template": names.get(one["message"].template_id, "")} for one in told(request, rows)],
        "next": following,
        "channels": list(CHANNELS.items()),
        "statuses": [(key, words) for key, (_tone, words) in STATUSES.items()],
        "templates": [(str(one.id), one.name) for one in templates],
        "chosen": {name: str(value or "") for name, value in chosen.items()},
        "filtered": any(chosen.values()),
    }
    return htmx.page_or_fragment(request, "messaging/list.html", "messaging/_list.html", context)


@require_safe
@requires("messaging.messages.read")
def message(request: ActorRequest, message_id: UUID) -> HttpResponse:
    """One message and what became of it."""
    found = queries.message_get(actor=request.actor, message_id=message_id)
    (row,) = told(request, [found])
    names = queries.template_names({found.template_id}) if found.template_id is not None else {}
    context = {
        **row,
        "template": names.get(found.template_id, "") if found.template_id is not None else "",
        "clicks": [
            (url, [one for one in rows if not one.machine], [one for one in rows if one.machine])
            for url, rows in queries.clicks_of(message=found)
        ]
        if found.html
        else [],
        "links": _links(found),
        "sandbox": _in_sandbox(found) and found.direction == "out" and allows(request.actor, ACT),
        "crumbs": [(_("Messages"), reverse("messaging:list"))],
    }
    return shows_mail(htmx.page_or_fragment(request, "messaging/message.html", "messaging/_message.html", context))


@require_safe
@requires("messaging.messages.read")
def sandbox(request: ActorRequest) -> HttpResponse:
    """What the sandbox has kept, as a telephone and a mail program show it."""
    channel = request.GET.get("channel", "sms")
    channel = channel if channel in CHANNELS else "sms"
    after = request.GET.get("after")
    rows, following = queries.sandbox_page(actor=request.actor, channel=channel, size=SANDBOX_PAGE, after=after)
    context = {
        "rows": [{**one, "links": _links(one["message"])} for one in told(request, rows)],
        "next": following,
        "channel": channel,
        "tabs": [(key, words, f"{reverse('messaging:sandbox')}?channel={key}") for key, words in CHANNELS.items()],
        "has_sandbox": queries.has_sandbox(org_id=request.actor.org_id),
        "may_act": allows(request.actor, ACT),
        "may_make": allows(request.actor, "messaging.transports.change"),
    }
    response = htmx.page_or_fragment(request, "messaging/sandbox.html", "messaging/_sandbox.html", context)
    return shows_mail(response) if channel == "email" else response


def _links(one: Message) -> list[tuple[int, str]]:
    return queries.own_links(one)[:10] if one.html else []


def _in_sandbox(one: Message) -> bool:
    return one.transport is not None and one.transport.kind == "sandbox"


@require_POST
@requires("messaging.messages.test")
def act(request: ActorRequest, message_id: UUID, act: str) -> HttpResponse:
    """What its receiver does with a message that the sandbox keeps."""
    link = request.POST.get("link", "0")
    back = request.POST.get("back", "")
    text = request.POST.get("text", "").replace("\r\n", "\n").strip()[:1000]
    tone, words = "success", _("Done.")
    if act == "reply" and not text:
        tone, words = "info", _("Write the answer first.")
    else:
        try:
            actions.sandbox_act(
                actor=request.actor, message_id=message_id, act=act, text=text,
                link=int(link) if link.isdigit() and len(link) < 6 else 0, now=clock.now(),
            )  # fmt: skip
        except (Conflict, Invalid) as refused:
            words = " ".join(str(one.detail) for one in refused.errors) or str(refused.detail)
            tone = "warning"
    if back == "message":
        return htmx.redirect(request, "messaging:message", message_id, toast=words, tone=tone)
    channel = request.POST.get("channel", "sms")
    to = f"{reverse('messaging:sandbox')}?channel={channel if channel in CHANNELS else 'sms'}"
    return htmx.redirect(request, to, toast=words, tone=tone)
