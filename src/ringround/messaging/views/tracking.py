"""What stands in a sent mail: its pixel, its links, and the page by which its receiver wants no more of them.

For strangers: the signed link is the proof. None of it writes anything but what became of its own message, and a link
leads only where the mail itself led.
"""

from __future__ import annotations

from base64 import b64decode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from ringround.infra import clock
from ringround.kernel.errors import NotFound
from ringround.messaging import actions, links, queries
from ringround.messaging.rules.tracking import Hit
from ringround.ui import htmx

# The smallest picture there is: one transparent point.
_PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
LONGEST_AGENT = 1000


def _hit(request: HttpRequest, link: int | None = None) -> Hit:
    said = [request.headers.get(name, "") for name in ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz")]
    return Hit(
        at=clock.now(), agent=request.headers.get("User-Agent", "")[:LONGEST_AGENT], method=request.method or "",
        purpose=" ".join(said), link=link,
    )  # fmt: skip


def _named(kind: str, token: str) -> UUID:
    found = links.read(kind, token)
    if found is None:
        raise NotFound("message")
    return found


@never_cache
@require_safe
def pixel(request: HttpRequest, token: str) -> HttpResponse:
    """The picture. It is sent whatever becomes of the telling: a mail never shows a broken one."""
    message_id = links.read(links.OPEN, token)
    if message_id is not None:
        actions.message_fetched(message_id=message_id, hit=_hit(request))
    return HttpResponse(_PIXEL, content_type="image/gif")


@never_cache
@require_safe
def link(request: HttpRequest, token: str, place: int) -> HttpResponse:
    """On to where the mail's link led."""
    message_id = _named(links.CLICK, token)
    url = queries.link_of(message_id=message_id, place=place)
    actions.message_fetched(message_id=message_id, hit=_hit(request, place))
    response = HttpResponseRedirect(url)
    # The other site is told nothing of the one who comes.
    response["Referrer-Policy"] = "no-referrer"
    return response


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """The receiver wants no more mails from this organisation, or has changed their mind. Mail programs post to it by
    themselves (RFC 8058); what only looks at links takes nobody off."""
    message_id = _named(links.UNSUBSCRIBE, token)
    if request.method == "POST":
        actions.unsubscribe(message_id=message_id, undo="undo" in request.POST)
    found = queries.unsubscribed(message_id=message_id)
    with translation.override(found.language):
        response = htmx.render_fragment(request, "messaging/unsubscribe.html", {"found": found})
    response["Content-Language"] = found.language
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
