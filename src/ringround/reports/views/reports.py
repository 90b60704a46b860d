"""The reports: a page each, with its pictures, its tables and what its figures mean; and each as a file."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import chain
from typing import Any, cast

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ringround.campaigns import queries as campaigns
from ringround.infra import clock
from ringround.infra.bounded import within
from ringround.kernel.calendar import local_date
from ringround.kernel.errors import Invalid, NotFound
from ringround.kernel.ids import parse_id
from ringround.orgs.permissions import allows
from ringround.orgs.web import ActorRequest, requires
from ringround.reports import files, queries
from ringround.reports.queries import AGGREGATES, LOGS, NAMES, Asked
from ringround.reports.queries.shape import zone_of
from ringround.reports.views import tables, tiles
from ringround.reports.words import ABOUT, TITLES
from ringround.ui import htmx

SIZE = 50


@require_safe
@requires("reports.read")
def home(request: ActorRequest) -> HttpResponse:
    """The first of them."""
    return htmx.redirect(request, "reports:report", NAMES[0])


@require_safe
@requires("reports.read")
@within()
def report(request: ActorRequest, name: str) -> HttpResponse:
    """One report, by period, campaign, agent and team."""
    if name not in NAMES:
        raise NotFound("report")
    fault = ""
    try:
        asked = _asked(request, name)
    except Invalid as wrong:
        # What was typed into the address stays there; the usual period is shown, and what was wrong is said.
        fault = str(wrong.detail)
        asked = _asked(request, name, usual=True)
    context = {**_frame(request, asked), "fault": fault}
    region = request.actor.organisation.region
    if name in LOGS:
        rows, following = queries.log_page(asked, size=SIZE, after=request.GET.get("after") or None)
        found = queries.log_report(asked)
        context |= {
            "report": found,
            "next": following,
            "tables": [tables.drawn(name, found.main, region, rows)],
            "tiles": tiles.of_log(found),
        }
    else:
        found = queries.report(asked)
        context |= {
            "report": found,
            "tables": [tables.drawn(name, table, region) for table in found.tables.values()],
            "tiles": tiles.of_report(found),
        }
    context["meanings"] = files.meanings(found.tables.values())
    return htmx.page_or_fragment(request, "reports/report.html", "reports/_report.html", context)


@require_safe
@requires("reports.read")
@within()
def download(request: ActorRequest, name: str) -> HttpResponse:
    """The same as a file: `?format=csv` or `xlsx`."""
    kind = request.GET.get("format", "csv")
    if kind not in files.FORMATS:
        raise NotFound("format")
    return answer(files.file(_asked(request, name), kind=kind, by=request.GET.get("by", "")))


def answer(made: files.File) -> HttpResponse:
    """A file on its way out."""
    sent = StreamingHttpResponse(
        # The byte order mark tells Excel that a CSV is UTF-8.
        chain([b"\xef\xbb\xbf"] if made.name.endswith(".csv") else [], made.parts),
        content_type=made.type,
        headers={"Content-Disposition": f'attachment; filename="{made.name}"', "Cache-Control": "no-store"},
    )
    # Django's two kinds of answers have only a private base in common.
    return cast(HttpResponse, sent)


def _asked(request: ActorRequest, name: str, *, usual: bool = False) -> Asked:
    return queries.ask(
        actor=request.actor,
        name=name,
        since="" if usual else request.GET.get("from", ""),
        until="" if usual else request.GET.get("to", ""),
        campaign_id=parse_id(request.GET.get("campaign", "")),
        agent_id=parse_id(request.GET.get("agent", "")),
        team_id=parse_id(request.GET.get("team", "")),
    )


def _frame(request: ActorRequest, asked: Asked) -> dict[str, Any]:
    """What stands around every report: the others, the filter, the files."""
    actor = request.actor
    kept = {name: request.GET[name] for name in ("from", "to", "campaign", "agent", "team") if request.GET.get(name)}
    query = f"?{urlencode(kept)}" if kept else ""
    may_file = asked.name in AGGREGATES or allows(actor, "reports.export")
    here = reverse("reports:download", args=[asked.name])
    return {
        "name": asked.name,
        "title": TITLES[asked.name],
        "about": ABOUT[asked.name],
        "tabs": [(one, TITLES[one], reverse("reports:report", args=[one]) + query) for one in NAMES],
        "period": asked.period,
        "zone": asked.period.zone.key,
        "presets": _presets(request, asked),
        "campaigns": list(campaigns.visible_campaigns(actor).order_by("name", "id").only("id", "name")),
        "agents": campaigns.agents_seen(actor=actor),
        "campaign_id": asked.campaign.id if asked.campaign is not None else None,
        "agent_id": asked.agent_id,
        "teams": queries.teams_to_ask(actor=actor),
        "team_id": asked.team.id if asked.team is not None else None,
        "filtered": bool(kept),
        "mail_url": f"{reverse('reports:schedule-new')}?{urlencode({**kept, 'report': asked.name})}"
        if allows(actor, "reports.schedules.change")
        else "",
        "file_url": f"{here}?{urlencode({**kept, 'format': ''})}" if may_file else "",
    }


def _presets(request: ActorRequest, asked: Asked) -> list[tuple[str, str]]:
    """Periods that are asked for every day, as links that keep the rest."""
    today = local_date(clock.now(), zone_of(request.actor))
    monday = today - timedelta(days=today.weekday())
    first = today.replace(day=1)
    before = first - timedelta(days=1)
    spans: list[tuple[str, date, date]] = [
        (_("Today"), today, today),
        (_("Yesterday"), today - timedelta(days=1), today - timedelta(days=1)),
        (_("This week"), monday, today),
        (_("Last week"), monday - timedelta(days=7), monday - timedelta(days=1)),
        (_("This month"), first, today),
        (_("Last month"), before.replace(day=1), before),
    ]
    kept = {name: request.GET[name] for name in ("campaign", "agent", "team") if request.GET.get(name)}
    here = reverse("reports:report", args=[asked.name])
    return [
        (words, f"{here}?{urlencode({'from': begin.isoformat(), 'to': end.isoformat(), **kept})}")
        for words, begin, end in spans
    ]
