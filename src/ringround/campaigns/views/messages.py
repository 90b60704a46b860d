"""Writing to a lead: a page of its own, and the same in a dialog of the console."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from ringround.campaigns import actions, queries
from ringround.campaigns.queries.messages import Composing
from ringround.campaigns.views.common import crumbs
from ringround.kernel.errors import Conflict, Invalid
from ringround.kernel.ids import parse_id
from ringround.messaging.texts import CHANNELS, reason_text
from ringround.orgs.permissions import allows
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx


@require_http_methods(["GET", "HEAD", "POST"])
@requires("campaigns.messages.send")
def compose(request: ActorRequest, lead_id: UUID) -> HttpResponse:
    """Choose a template or write; see what it says and when it would go; send it."""
    found = queries.composing(actor=request.actor, lead_id=lead_id)
    channel = _channel(request, found)
    if request.method == "POST" and "preview" in request.POST:
        return htmx.render_fragment(request, "campaigns/messages/_preview.html", _preview(request, found, channel))
    faults: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            queued = actions.message_send(actor=request.actor, lead_id=lead_id, channel=channel, **_said(request))
        except Invalid as wrong:
            for fault in wrong.errors:
                faults.setdefault(str(fault.loc[0]), []).append(str(fault.detail))
        except Conflict as refused:
            faults["form"] = [str(refused.detail)]
        else:
            return _sent(request, found, channel, queued.status, queued.reason)
    context = {
        **_preview(request, found, channel),
        "found": found,
        "channel": channel,
        "channels": [(one, CHANNELS[one]) for one in ("sms", "email")],
        "templates": found.templates[channel],
        "faults": faults,
        "wrong": [words for name in ("form", "channel", "template") for words in faults.get(name, [])],
        "said": _said(request),
        "crumbs": _crumbs(request, found),
    }
    status = 422 if faults else 200
    return htmx.page_or_fragment(
        request, "campaigns/messages/page.html", "campaigns/messages/_compose.html", context, status=status
    )


def _crumbs(request: ActorRequest, found: Composing) -> list[tuple[object, str]]:
    here = (found.party.contact.name or _("Lead"), reverse("campaigns:lead", args=[found.lead.id]))
    if not allows(request.actor, "campaigns.overview"):
        return [here]
    campaign = found.party.campaign
    return crumbs((campaign.name, reverse("campaigns:detail", args=[campaign.id])), here)


def _channel(request: ActorRequest, found: Composing) -> str:
    """As asked, else the first that somebody can be reached on."""
    asked = (request.POST or request.GET).get("channel", "")
    return asked if asked in CHANNELS else next(iter(found.channels), "sms")


def _said(request: ActorRequest) -> dict[str, Any]:
    posted = request.POST
    template_id = parse_id(posted.get("template", ""))
    if template_id is not None:
        return {"template_id": template_id}
    # As the browser sends it, lines end in two signs.
    text = posted.get("text", "").replace("\r\n", "\n")
    return {"template_id": None, "text": text or None, "subject": posted.get("subject", "") or None}


def _preview(request: ActorRequest, found: Composing, channel: str) -> dict[str, Any]:
    said = _said(request)
    shown = None
    if said["template_id"] is not None or said.get("text"):
        shown = queries.message_preview(
            actor=request.actor, party=found.party, channel=channel, template_id=said["template_id"],
            subject=said.get("subject") or "", text=said.get("text") or "",
        )  # fmt: skip
    outlook = queries.message_outlook(party=found.party, channel=channel)
    return {
        "preview": shown,
        "channel": channel,
        "to": found.party.to(channel),
        "outlook": outlook,
        "outlook_words": reason_text(outlook.reason) if outlook.reason else "",
        "reason_words": reason_text(shown.reason) if shown is not None and shown.reason else "",
        "lead_zone": str(found.party.zone),
    }


def _sent(request: ActorRequest, found: Composing, channel: str, status: str, reason: str) -> HttpResponse:
    if status == "skipped":
        words, tone = _("It was not sent: %(reason)s.") % {"reason": reason_text(reason)}, "warning"
    else:
        words, tone = (_("The SMS is on its way.") if channel == "sms" else _("The e-mail is on its way.")), "success"
    if htmx.is_fragment(request):
        # The form stands as it is: the dialog around it closes when it has done its work.
        response = HttpResponse()
        response["HX-Reswap"] = "none"
        return htmx.toast(response, words, tone)
    return htmx.redirect(request, "campaigns:lead", found.lead.id, toast=words, tone=tone)
