"""What several screens of the post room have in common."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse

from ringround.messaging import ports
from ringround.messaging.models import Message
from ringround.messaging.texts import CHANNELS, reason_text
from ringround.orgs.web import ActorRequest
from ringround.ui.middleware import allow_csp

TABS = ("list", "templates", "sandbox", "transports", "settings")


def shows_mail(response: HttpResponse) -> HttpResponse:
    """A page that has a mail in a frame of its own without scripts: its styles and pictures may be shown. The frame
    has the page's policy, and nothing that anybody typed stands in the page outside of it."""
    allow_csp(response, "style-src", "'unsafe-inline'")
    return allow_csp(response, "img-src", "https:")


def told(request: ActorRequest, rows: list[Message]) -> list[dict[str, Any]]:
    """Messages as lists show them, with whom they were to as far as the reader sees it."""
    leads = ports.above().leads(request.actor, [one.lead_id for one in rows if one.lead_id is not None])
    nobody: tuple[str, str] = ("", "")
    found = []
    for one in rows:
        name, url = leads.get(one.lead_id or UUID(int=0), nobody)
        found.append(
            {
                "message": one,
                "name": name,
                "url": url,
                "channel": CHANNELS[one.channel],
                "reason": reason_text(one.reason) if one.reason else "",
            }
        )
    return found
