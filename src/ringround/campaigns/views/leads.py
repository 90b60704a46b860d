"""The list of leads: found, shown, changed many at once, exported."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Any, cast
from uuid import UUID

from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from ringround.campaigns import actions, queries, texts
from ringround.campaigns.forms.leads import BESIDE, LeadFilterForm
from ringround.campaigns.models import Campaign, Lead
from ringround.campaigns.rules.forms import FieldSpec
from ringround.campaigns.views.common import campaign_crumb, crumbs, size_of
from ringround.contacts.queries import ContactFacts
from ringround.infra import clock
from ringround.kernel import columns as kernel_columns
from ringround.kernel.errors import Conflict
from ringround.kernel.ids import parse_id
from ringround.kernel.text import csv_lines
from ringround.orgs.permissions import allows
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx
from ringround.ui.format import number_text
from ringround.ui.tags import times as draw
from ringround.ui.tags.small import status as draw_status

# What the list can show beside name and status, and what it shows at first.
COLUMNS: dict[str, Any] = {
    "phone": gettext_lazy("Phone"),
    "campaign": gettext_lazy("Campaign"),
    "attempts": gettext_lazy("Attempts"),
    "next_contact": gettext_lazy("Next contact at"),
    "assigned_to": gettext_lazy("Kept for"),
    "last_contact": gettext_lazy("Last contact"),
    "last_contacted_by": gettext_lazy("By"),
    "priority": gettext_lazy("Priority"),
    "owner": gettext_lazy("Callback owner"),
    "expires": gettext_lazy("Expires"),
    "external_id": gettext_lazy("External id"),
    "added": gettext_lazy("Added"),
}
AT_FIRST = ("phone", "attempts", "next_contact", "assigned_to", "last_contact")
NONE = "–"
_NO_ID = UUID(int=0)
MOST_CAMPAIGNS = 500
EXPORT_PAGE = 500


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a row, as it is shown; `number`: under the others by its last digit."""

    text: str
    number: bool = False


def _campaigns(request: ActorRequest) -> list[Campaign]:
    return queries.campaign_page(actor=request.actor, states=list(texts.CAMPAIGN_STATES), size=MOST_CAMPAIGNS).items


def filter_form(request: ActorRequest, data: Any) -> tuple[LeadFilterForm, list[FieldSpec], Campaign | None]:
    """The filter, and of the one campaign that it asks for the questions and itself."""
    campaigns = _campaigns(request)
    asked = parse_id(data.get("campaign", ""))
    chosen = queries.campaign_find(actor=request.actor, campaign_id=asked) if asked else None
    if chosen is not None and chosen not in campaigns:
        campaigns.append(chosen)
    questions: list[FieldSpec] = []
    dispositions: list[tuple[UUID, str]] = []
    if chosen is not None:
        people = queries.people_of(campaign=chosen, duty="agent")
        questions = queries.form_fields_of(campaign_id=chosen.id)
        dispositions = [(one.id, one.name) for one in queries.dispositions_of(campaign_id=chosen.id)]
    else:
        people = queries.agents_seen(actor=request.actor)
    form = LeadFilterForm(
        data,
        campaigns=[(one.id, one.name) for one in campaigns],
        agents=[(one.id, one.shown) for one in people],
        dispositions=dispositions,
        questions=questions,
    )
    return form, questions, chosen


def recycle_href(request: ActorRequest, chosen: Campaign | None) -> str:
    """Where the leads that are shown can be recycled: those of one campaign."""
    if chosen is None or not queries.may(request.actor, chosen, "campaigns.leads.change"):
        return ""
    query = request.GET.copy()
    for name in ("campaign", *BESIDE):
        query.pop(name, None)
    address = reverse("campaigns:recycle", args=[chosen.id])
    return f"{address}?{query.urlencode()}" if query else address


def _columns(request: ActorRequest, questions: list[FieldSpec]) -> list[tuple[str, Any, bool]]:
    """All columns there are, and whether each is shown: as asked, else as last chosen in this browser."""
    asked = request.GET.getlist("col")
    kept = request.COOKIES.get("rr_lead_columns", "")
    shown = asked or [one for one in kept.split(",") if one] or list(AT_FIRST)
    every = {**COLUMNS, **{f"r_{one.key}": one.label for one in questions}}
    return [(key, label, key in shown) for key, label in every.items()]


@require_safe
@requires("campaigns.overview")
def lead_list(request: ActorRequest) -> HttpResponse:
    """Newest first; the filter is the address, so that it can be kept and sent."""
    form, questions, chosen = filter_form(request, request.GET)
    wanted = form.filter()
    size = size_of(request)
    after = request.GET.get("after") or None
    page, total = queries.lead_list_counted(actor=request.actor, filter=wanted, size=size, after=after)
    columns = _columns(request, questions)
    shown = [(key, label) for key, label, on in columns if on]
    contacts = queries.contacts_of(page.items)
    names = queries.campaign_names(ids=(lead.campaign_id for lead in page.items))
    context = {
        "crumbs": crumbs(campaign_crumb(chosen)) if chosen else crumbs(),
        "campaign_name": chosen.name if chosen else "",
        "form": form,
        "rows": _rows(request, page.items, contacts, names, shown),
        "columns": columns,
        "shown": shown,
        "next": page.next,
        "total": total.number,
        "many": total.more,
        "size": size,
        "filtered": any(value for key, value in request.GET.items() if key not in ("size", "after", "col")),
        "agents": form.fields["assigned_to"].choices[2:],  # type: ignore[attr-defined]
        "may_change": allows(request.actor, "campaigns.leads.change"),
        "may_export": allows(request.actor, "campaigns.leads.export"),
        "saved": [(one, queries.may_drop(request.actor, one)) for one in queries.saved_filters(actor=request.actor)],
        "me": request.actor.user_id,
        "as_part": htmx.is_fragment(request),
        "asks": wanted.asks,
        "recycle_href": recycle_href(request, chosen),
        "query": request.GET.urlencode(),
        "now": clock.now(),
    }
    response = htmx.page_or_fragment(request, "campaigns/leads/list.html", "campaigns/leads/_list.html", context)
    if request.GET.getlist("col"):
        # Only which columns: nothing personal. Kept for a year in this browser.
        response.set_cookie(
            "rr_lead_columns", ",".join(key for key, _label in shown), max_age=31_536_000, samesite="Lax",
            secure=request.is_secure(), httponly=True, path=reverse("campaigns:leads"),
        )  # fmt: skip
    return response


@dataclass(frozen=True, slots=True)
class Row:
    """A lead as the list shows it."""

    lead: Lead
    name: str
    href: str
    tick: str
    status: str
    cells: list[Cell]


def _rows(
    request: ActorRequest,
    leads: list[Lead],
    contacts: dict[UUID, ContactFacts],
    campaigns: dict[UUID, str],
    shown: list[tuple[str, Any]],
) -> list[Row]:
    # What is the same in each row is put together once.
    href = reverse("campaigns:lead", args=[_NO_ID])
    states = {state: draw_status("lead", state) for state in {lead.status for lead in leads}}
    tick = _("Tick %(name)s")
    rows = []
    for lead in leads:
        contact = contacts.get(lead.contact_id)
        name = contact.name if contact else ""
        rows.append(
            Row(
                lead,
                name or _("Without a name"),
                href.replace(str(_NO_ID), str(lead.id)),
                tick % {"name": name},
                states[lead.status],
                _cells(request, lead, contact, campaigns, shown),
            )
        )
    return rows


def _cells(
    request: ActorRequest,
    lead: Lead,
    contact: ContactFacts | None,
    campaigns: dict[UUID, str],
    shown: list[tuple[str, Any]],
) -> list[Cell]:
    """What the columns show of a lead. Drawn here: a template takes as long for a page's cells as for all the rest."""
    found = []
    for key, _label in shown:
        match key:
            case "phone":
                number = next((one.e164 for one in contact.numbers if one.e164), None) if contact else None
                found.append(Cell(draw.phone(request, number)))
            case "campaign":
                found.append(Cell(campaigns.get(lead.campaign_id) or NONE))
            case "attempts":
                found.append(Cell(number_text(lead.attempts), number=True))
            case "next_contact":
                found.append(Cell(draw.when(lead.snoozed_until or lead.next_contact_at)))
            case "last_contact":
                found.append(Cell(draw.when(lead.last_contacted_at)))
            case "expires":
                found.append(Cell(draw.when(lead.expires_at)))
            case "added":
                found.append(Cell(draw.when(lead.created_at)))
            case "priority":
                found.append(Cell(number_text(lead.priority), number=True))
            case "assigned_to" | "owner" | "last_contacted_by":
                found.append(Cell(str(getattr(lead, key) or NONE)))
            case "external_id":
                found.append(Cell(lead.external_lead_id or NONE))
            case _:
                found.append(Cell(answer_words(lead.result.get(key.removeprefix("r_"))) or NONE))
    return found


def answer_words(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return kernel_columns.to_text(value)


# --- many at once -----------------------------------------------------------------------------


@require_POST
@requires("campaigns.leads.change")
def bulk(request: ActorRequest) -> HttpResponse:
    """Change the leads that are ticked, or all that the filter finds."""
    changes: dict[str, Any] | None = None
    action: str | None = None
    match request.POST.get("do", ""):
        case "release" | "reset" as what:
            action = what
        case "activate":
            changes = {"active": True}
        case "deactivate":
            changes = {"active": False}
        case "assign":
            changes = {"assigned_to": parse_id(request.POST.get("agent", ""))}
        case _:
            return htmx.redirect(request, _back(request), toast=_("Choose what to do with the leads."), tone="info")
    if request.POST.get("all"):
        form, *_rest = filter_form(request, QueryDict(request.POST.get("query", "")))
        if not form.fits:
            return _misfit(request)
        wanted = form.filter()
        shown = request.POST.get("found", "")
        # Without a filter "all that are found" is every lead, and the box that says so was ticked.
        which: dict[str, Any] = {"filter": wanted} if wanted.asks else {"all": True}
        try:
            done = actions.leads_bulk(
                actor=request.actor, **which, set=changes, action=action, most=int(shown) if shown.isdigit() else None
            )
        except Conflict as more:
            return htmx.redirect(request, _back(request), toast=str(more.detail), tone="danger")
    else:
        ids = [found for one in request.POST.getlist("lead") if (found := parse_id(one)) is not None]
        if not ids:
            return htmx.redirect(request, _back(request), toast=_("Tick the leads first."), tone="info")
        done = actions.leads_bulk(actor=request.actor, ids=ids, set=changes, action=action)
    if done.id is not None:
        state = reverse("campaigns:leads-bulk-state", args=[done.id])
        return htmx.redirect(request, _with_filter(request, state))
    words = ngettext("Done for %(count)s lead.", "Done for %(count)s leads.", done.count) % {"count": done.count}
    if done.refused:
        left = sum(done.refused.values())
        words += " " + ngettext("%(count)s was left out:", "%(count)s were left out:", left) % {"count": left}
        words += " " + " ".join(f"{why} ({count})" for _code, why, count in texts.refusals(done.refused))
    return htmx.redirect(request, _back(request), toast=words, tone="warning" if done.refused else "success")


@require_safe
@requires("campaigns.leads.change")
def bulk_state(request: ActorRequest, bulk_id: UUID) -> HttpResponse:
    """How a change of many leads gets on. The filter stands in the address, so that the list is found again."""
    done = queries.bulk_get(actor=request.actor, bulk_id=bulk_id)
    query = request.GET.urlencode()
    context = {
        "done": done,
        "refused": texts.refusals(done.refused),
        "left_out": sum(done.refused.values()),
        "undone": done.total - done.at,
        "here": request.get_full_path(),
        "back": f"{reverse('campaigns:leads')}?{query}" if query else reverse("campaigns:leads"),
        "crumbs": crumbs((_("Leads"), reverse("campaigns:leads"))),
    }
    return htmx.page_or_fragment(request, "campaigns/leads/bulk.html", "campaigns/leads/_bulk.html", context)


def _misfit(request: ActorRequest) -> HttpResponse:
    """Looking forgives a filter that no longer fits; what is done to leads must not reach more than was asked for."""
    words = _("The filter asks for something that is no longer there. Look at the list again first.")
    return htmx.redirect(request, reverse("campaigns:leads"), toast=words, tone="danger")


def _back(request: ActorRequest) -> str:
    return _with_filter(request, reverse("campaigns:leads"))


def _with_filter(request: ActorRequest, address: str) -> str:
    query = QueryDict(request.POST.get("query", "")).urlencode()
    return f"{address}?{query}" if query else address


# --- export -----------------------------------------------------------------------------------


@require_safe
@requires("campaigns.leads.export")
def export(request: ActorRequest) -> HttpResponse:
    """All leads that the filter finds, as a CSV file that a spreadsheet opens; sent as it is read."""
    form, _questions, chosen = filter_form(request, request.GET)
    if not form.fits:
        return _misfit(request)
    rows = actions.leads_export(actor=request.actor, filter=form.filter())
    name = slugify(chosen.name) if chosen else "leads"
    answer = StreamingHttpResponse(
        # The byte order mark tells Excel that it is UTF-8.
        chain(["\ufeff"], csv_lines(rows)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name or "leads"}.csv"', "Cache-Control": "no-store"},
    )
    # Django's two kinds of answers have only a private base in common.
    return cast(HttpResponse, answer)
