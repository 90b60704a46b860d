"""A lead's page: the contact, its numbers, its one history, and why it is not called now."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ringround.campaigns import actions, ports, queries, texts
from ringround.campaigns.forms.leads import LeadForm
from ringround.campaigns.models import FormField, Lead
from ringround.campaigns.rules.lead import OPEN
from ringround.campaigns.views.common import crumbs, put_faults
from ringround.campaigns.views.leads import answer_words
from ringround.contacts import queries as contacts
from ringround.infra import clock
from ringround.kernel.errors import Conflict, Invalid
from ringround.kernel.ids import parse_id
from ringround.messaging.texts import reason_text
from ringround.orgs.permissions import allows
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx

SIZE, MESSAGES = 25, 5


@require_safe
@requires("campaigns.view")
def lead(request: ActorRequest, lead_id: UUID) -> HttpResponse:
    """Everything there is about one lead."""
    found = queries.lead_get(actor=request.actor, lead_id=lead_id)
    campaign = found.campaign
    parts = _parts(request, found)
    context = {
        **parts,
        **_history(request, found),
        **_why(request, found, parts),
        "form": _form(request, found) if _may(request) else None,
        "crumbs": crumbs(
            (campaign.name, reverse("campaigns:detail", args=[campaign.id])),
            (_("Leads"), f"{reverse('campaigns:leads')}?campaign={campaign.id}"),
        )
        if allows(request.actor, "campaigns.overview")
        else [],
    }
    return render(request, "campaigns/leads/lead.html", context)


def _may(request: ActorRequest) -> bool:
    return allows(request.actor, "campaigns.leads.change")


def _agents(found: Lead) -> list[tuple[UUID, str]]:
    return [(one.id, one.shown) for one in queries.people_of(campaign=found.campaign, duty="agent")]


def _parts(request: ActorRequest, found: Lead) -> dict[str, Any]:
    """The contact and its numbers, the lead's own facts and its answers."""
    contact = contacts.contact_get_for_lead(found.contact_id)
    columns = contacts.columns_for_leads(list_ids=[contact.list_id]).get(contact.list_id, ())
    national_ids = contacts.sees_national_ids(request.actor)
    facts = queries.number_facts(lead_ids=[found.id]).get(found.id, {})
    now = clock.now()
    # Questions that are asked no more still tell what was answered.
    labels = FormField.objects.filter(campaign=found.campaign_id).order_by("removed_at", "position")
    agents = _agents(found)
    away = ports.away(found.campaign_id, [id for id, _name in agents])
    held = found.reserved_by_id is not None and found.reserved_until is not None and found.reserved_until > now
    told = queries.message_page(actor=request.actor, lead_id=found.id, size=MESSAGES)[0]
    return {
        "lead": found,
        "letters": [(one, reason_text(one.reason) if one.reason else "") for one in told],
        "may_send": allows(request.actor, "campaigns.messages.send"),
        "campaign": found.campaign,
        "contact": contact,
        "fields": [
            (one.name, answer_words(contact.fields.get(one.name)), one.type)
            for one in columns
            if one.type != "phone" and not one.hidden and (national_ids or one.name not in contact.national_ids)
        ],
        "numbers": [(one, facts.get(one.e164 or ""), one.e164 in found.numbers) for one in contact.numbers],
        "outcomes": texts.OUTCOMES,
        "answers": [
            (one.label, answer_words(found.result[one.key])) for one in labels if found.result.get(one.key) is not None
        ],
        "callback": queries.callback_of(lead_id=found.id),
        "zone": str(queries.zones_of([found])[found.id]),
        "held": held,
        "open": found.status in OPEN,
        "may_change": _may(request),
        "may_note": allows(request.actor, "campaigns.leads.note"),
        "longest_note": actions.LONGEST_NOTE,
        "may_callback": allows(request.actor, "campaigns.callbacks.change") or found.owner_id == request.actor.user_id,
        "agents": agents,
        # Who is there stands first.
        "reservable": sorted(((id, name, id in away) for id, name in agents), key=lambda one: one[2]),
        "now": now,
    }


def _history(request: ActorRequest, found: Lead) -> dict[str, Any]:
    page = queries.lead_timeline(
        actor=request.actor, lead_id=found.id, size=SIZE, after=request.GET.get("after") or None
    )
    return {
        "history": [
            {
                "at": one.at,
                "icon": texts.ICONS[one.kind][0],
                "tone": texts.ICONS[one.kind][1],
                "title": texts.timeline_words(one.key, one.params) if one.key else _("Note"),
                "text": texts.timeline_detail(one.key, one.params, one.text) if one.key else one.text,
                "who": one.by_name,
            }
            for one in page.items
        ],
        "more": page.next,
        "lead": found,
    }


def _why(request: ActorRequest, found: Lead, parts: dict[str, Any] | None = None) -> dict[str, Any]:
    """`parts`: of the whole page, which has read the contact and the agents already."""
    agent = parse_id(request.GET.get("agent", ""))
    agents = parts["agents"] if parts else _agents(found)
    if agent not in {id for id, _name in agents}:
        agent = None
    contact = parts["contact"] if parts else None
    told = queries.why_not(actor=request.actor, lead_id=found.id, agent_id=agent, contact=contact)
    return {
        "why": told,
        "gates": [(texts.GATES[one.gate], one, texts.gate_words(one)) for one in told.gates],
        "shut": [one for one in told.gates if not one.ok],
        "agents": agents,
        "asked_agent": agent,
        "lead": found,
    }


def _form(request: ActorRequest, found: Lead, data: Any = None) -> LeadForm:
    initial = {
        "assigned_to": str(found.assigned_to_id or ""), "priority": found.priority,
        "next_contact_at": found.next_contact_at, "snoozed_until": found.snoozed_until, "status": found.status,
        "owner": str(found.owner_id or ""), "urgent": found.urgent_at is not None, "active": found.active,
    }  # fmt: skip
    return LeadForm(data, initial=initial, agents=_agents(found), auto_id="lead_%s")


@require_safe
@requires("campaigns.view")
def part(request: ActorRequest, lead_id: UUID, name: str) -> HttpResponse:
    """One part again: `history`, `why` or `facts`."""
    found = queries.lead_get(actor=request.actor, lead_id=lead_id)
    makers = {"history": _history, "why": _why, "facts": _parts}
    if not htmx.is_fragment(request) or name not in makers:
        return htmx.redirect(request, "campaigns:lead", found.id)
    return htmx.render_fragment(request, f"campaigns/leads/_{name}.html", makers[name](request, found))


@require_http_methods(["GET", "HEAD", "POST"])
@requires("campaigns.leads.change")
def change(request: ActorRequest, lead_id: UUID) -> HttpResponse:
    """The form of what a supervisor may set."""
    found = queries.lead_get(actor=request.actor, lead_id=lead_id)
    if request.method != "POST":
        return htmx.redirect(request, "campaigns:lead", found.id)
    form = _form(request, found, request.POST)
    if form.is_valid():
        try:
            if changes := form.changes():
                actions.lead_change(actor=request.actor, lead_id=lead_id, **changes)
            return htmx.redirect(request, "campaigns:lead", found.id, toast=_("Saved."))
        except (Invalid, Conflict) as wrong:
            put_faults(form, Invalid(wrong.errors, wrong.detail) if isinstance(wrong, Invalid) else wrong)
    context = {**_parts(request, found), "form": form}
    if htmx.is_fragment(request):
        return htmx.render_fragment(request, "campaigns/leads/_change.html", context, status=422)
    whole = {**context, **_history(request, found), **_why(request, found, context)}
    return render(request, "campaigns/leads/lead.html", whole, status=422)


@require_POST
@requires("campaigns.leads.change")
def command(request: ActorRequest, lead_id: UUID, name: str) -> HttpResponse:
    """Release, reset, or reserve for an agent."""
    actor = request.actor
    found = queries.lead_get(actor=actor, lead_id=lead_id)
    if name == "release":
        actions.lead_change(actor=actor, lead_id=lead_id, reservation=None)
        words = _("The lead is free.")
    elif name == "reset":
        actions.leads_bulk(actor=actor, ids=[lead_id], action="reset")
        words = _("The lead is new again.")
    else:
        by = parse_id(request.POST.get("agent", ""))
        actions.lead_change(actor=actor, lead_id=lead_id, reservation={"by": by})
        words = _("The lead is reserved.")
        if by is not None and ports.away(found.campaign_id, [by]):
            return htmx.redirect(
                request, "campaigns:lead", lead_id, toast=f"{words} {texts.AGENT_AWAY}", tone="warning"
            )
    return htmx.redirect(request, "campaigns:lead", lead_id, toast=words)


@require_POST
@requires("campaigns.leads.note")
def note(request: ActorRequest, lead_id: UUID) -> HttpResponse:
    """Write a note on the lead's history."""
    text = request.POST.get("text", "").strip()
    if not text:
        return htmx.redirect(request, "campaigns:lead", lead_id, toast=_("Write the note first."), tone="info")
    try:
        actions.note_add(actor=request.actor, lead_id=lead_id, text=text)
    except Invalid as wrong:
        return htmx.redirect(request, "campaigns:lead", lead_id, toast=str(wrong.errors[0].detail), tone="danger")
    return htmx.redirect(request, "campaigns:lead", lead_id, toast=_("The note is saved."))
