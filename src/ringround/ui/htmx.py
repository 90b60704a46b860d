"""Answers to htmx: parts, redirects, toasts and events, so that no view writes these headers itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url

# Toast tones to levels of django.contrib.messages, for toasts that wait for the next page.
LEVELS = {"info": messages.INFO, "success": messages.SUCCESS, "warning": messages.WARNING, "danger": messages.ERROR}
After = Literal["", "swap", "settle"]


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part: not for a boosted link, nor a page it restores from history."""
    header = request.headers
    return (
        header.get("HX-Request") == "true"
        and header.get("HX-Boosted") != "true"
        and header.get("HX-History-Restore-Request") != "true"
    )


def render_fragment(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """One part of a page."""
    response = render(request, template, dict(context or {}), status=status)
    _vary(response)
    return response


def page_or_fragment(
    request: HttpRequest,
    page: str,
    fragment: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """The part when htmx asks for it, else the whole page around it."""
    return render_fragment(request, fragment if is_fragment(request) else page, context, status=status)


def redirect(
    request: HttpRequest, to: Any, *args: Any, toast: object = "", tone: str = "success", **kwargs: Any
) -> HttpResponse:
    """Send the browser to a URL, URL name or object; the toast is shown on the page it comes to."""
    url = resolve_url(to, *args, **kwargs)
    if toast:
        messages.add_message(request, LEVELS[tone], str(toast))
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
    else:
        # 303: whatever the method was, what follows is a GET.
        response = HttpResponse(status=303)
        response["Location"] = url
    return response


def toast(response: HttpResponse, text: object, tone: str = "success") -> HttpResponse:
    """Show a toast when this answer arrives."""
    if tone not in LEVELS:
        raise ValueError(f"There is no toast tone {tone}.")
    return trigger(response, "toast", {"text": str(text), "tone": tone})


def trigger(
    response: HttpResponse, event: str, detail: Mapping[str, Any] | None = None, *, after: After = ""
) -> HttpResponse:
    """Send a DOM event with this answer, beside those already on it."""
    header = {"": "HX-Trigger", "swap": "HX-Trigger-After-Swap", "settle": "HX-Trigger-After-Settle"}[after]
    events: dict[str, Any] = json.loads(response.get(header, "{}"))
    value = dict(detail or {})
    if event == "toast" and "toast" in events:
        # Several toasts on one answer travel as one event.
        events["toast"].setdefault("more", []).append(value)
    else:
        events[event] = value
    # ASCII: a header carries no other letters, and JSON can write them all so.
    response[header] = json.dumps(events)
    return response


def _vary(response: HttpResponse) -> None:
    # The same address gives a page or a part; a browser that cached the part would show it on "back".
    known = response.get("Vary", "")
    response["Vary"] = f"{known}, HX-Request" if known else "HX-Request"
