"""What every button of the console is answered with: the parts of the screen that have changed, each by its id.

Nothing the agent types in is ever drawn over: the lead's forms are sent only when the lead in hand is another.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from ringround.campaigns import queries as campaigns
from ringround.desk import queries
from ringround.infra import clock
from ringround.kernel.ids import parse_id
from ringround.orgs.actor import Actor
from ringround.telephony.texts import OUTCOMES
from ringround.ui import htmx

# A preview console that found nothing asks again after this long; what is due in between comes by the live stream.
ASK_AGAIN_S = 10


def outcomes() -> list[tuple[str, str]]:
    """How a call on one's own telephone may have gone."""
    return [(name, str(words)) for name, (_tone, words) in OUTCOMES.items() if name not in ("failed", "abandoned")]


def shown_lead(request: HttpRequest) -> UUID | None:
    """The lead that stands on the screen that asks."""
    return parse_id((request.POST or request.GET).get("shown", ""))


def work_context(
    actor: Actor, console: queries.Console, *, reason: str = "", notice: str = "", tone: str = "info"
) -> dict[str, Any]:
    """What the middle of the console is drawn from: the lead in hand, or why there is none."""
    context: dict[str, Any] = {
        "console": console,
        "notice": notice,
        "notice_tone": tone,
        "shown": None,
        "outcomes": outcomes(),
    }
    if console.held is not None:
        context["shown"] = queries.shown(actor=actor, lead=console.held, campaign=console.campaign)
        return context
    campaign = console.campaign
    if campaign is None:
        return context
    if not reason and campaign.state != "running":
        reason = "campaign_not_running"
    if reason:
        context["nothing"] = queries.nothing(actor=actor, campaign=campaign, reason=reason)
    context["auto_s"] = _auto(console, reason)
    return context


def _auto(console: queries.Console, reason: str) -> float | None:
    """In how many seconds this console asks for the next contact by itself; None: it waits for the agent."""
    state = console.state
    if state.mode == "manual" or state.state not in ("ready", "wrapping"):
        return None
    if console.campaign is not None and console.campaign.state != "running":
        return None
    if state.wrap_until is not None:
        # Whole milliseconds, and a hair more, so that the server agrees that the time is over.
        return round(max(0.0, (state.wrap_until - clock.now()).total_seconds()) + 0.15, 3)
    return ASK_AGAIN_S if reason else 0.05


def answer(
    request: HttpRequest,
    actor: Actor,
    *,
    reason: str = "",
    notice: str = "",
    tone: str = "info",
    whole: bool = False,
    console: queries.Console | None = None,
    gone: UUID | None = None,
) -> HttpResponse:
    """The top bar, and of the rest what is no longer true: all of it when the lead is another, else only its calls.

    `console`: as it is now, where the caller has read it and changed nothing. `gone`: the lead that the notice is
    about; the next pulse names it, so that the notice outlives what else changes on this screen.
    """
    console = console or queries.console(actor=actor)
    held = console.held.id if console.held is not None else None
    context: dict[str, Any] = {"console": console, "oob": True}
    toast = False
    parts = [render_to_string("desk/_bar.html", context, request)]
    if whole or held is None or held != shown_lead(request):
        work = work_context(actor, console, reason=reason, notice=notice, tone=tone)
        parts.append(render_to_string("desk/_work.html", {**context, **work, "gone": gone}, request))
        # Where another contact stands there is no place for words about the last one.
        toast = bool(notice) and held is not None
    else:
        assert console.held is not None
        shown = queries.calls(actor=actor, lead=console.held, campaign=console.campaign)
        parts.append(render_to_string("desk/_numbers.html", {**context, "shown": shown}, request))
        parts.append(render_to_string("desk/_news.html", context, request))
        toast = bool(notice)
    response = HttpResponse("".join(parts))
    # The parts find their places by their ids; whatever asked stays as it is.
    response["HX-Reswap"] = "none"
    return htmx.toast(response, notice, tone) if toast else response


def gone_notice(actor: Actor, lead_id: UUID) -> tuple[str, str]:
    """Kind words for a screen whose lead went away by itself, and their tone."""
    match queries.gone(actor=actor, lead_id=lead_id).why:
        case "dispositioned":
            return _("This contact was finished in another window."), "info"
        case "skipped":
            return _("This contact was skipped in another window."), "info"
        case "released":
            return _("A supervisor has taken this contact back. What you typed is kept in this browser."), "warning"
        case "lapsed":
            return _("The time for this contact ran out, and it went back. What you typed is kept in this browser."), (
                "warning"
            )
    return _("This contact is not yours any more. What you typed is kept in this browser."), "warning"


def unsaved(request: HttpRequest, actor: Actor, lead_id: UUID) -> HttpResponse:
    """A save that came too late. Where one was before it (its answer was lost, or in another window), what was saved,
    and the note offered as a note; else the draft stays in the browser, as the words say."""
    found = queries.gone(actor=actor, lead_id=lead_id)
    if found.why != "dispositioned":
        notice, tone = gone_notice(actor, lead_id)
        response = answer(request, actor, notice=notice, tone=tone, gone=lead_id)
        response["Draft"] = "keep"
        return response
    words = _("This contact was saved already, as “%(said)s”. What you changed after that is not saved.")
    response = answer(request, actor, notice=words % {"said": found.said}, tone="warning")
    note = request.POST.get("note", "").strip()
    if note and note not in found.note:
        # Which contact it was stands nowhere any more.
        lead = campaigns.lead_get(actor=actor, lead_id=lead_id)
        name = campaigns.contacts_of([lead])[lead.contact_id].name or "–"
        context = {"lead_id": lead_id, "name": name, "said": found.said, "note": note}
        response.write(render_to_string("desk/_again.html", context, request))
    return response
