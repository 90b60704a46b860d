"""What must not be contacted."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ringround.contacts import actions, ports, queries, texts
from ringround.contacts.forms import HitsForm, SearchForm, SuppressionFileForm, SuppressionForm
from ringround.contacts.models import Suppression
from ringround.kernel.errors import Conflict, Invalid, TooLarge
from ringround.kernel.ids import parse_id
from ringround.orgs.permissions import allows
from ringround.orgs.queries import user_names
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx
from ringround.ui.forms import add_faults

SIZE = 25


@require_safe
@requires("contacts.suppressions.read")
def suppressions(request: ActorRequest) -> HttpResponse:
    """The list, searched by number or address."""
    q = request.GET.get("q", "")
    found, following = queries.suppression_list(actor=request.actor, q=q, size=SIZE, after=request.GET.get("after", ""))
    running, _more = queries.import_list(actor=request.actor, kind="suppressions", size=5)
    context = {
        "rows": _rows(request, found),
        "next": following,
        "searched": bool(q.strip()),
        "filter": SearchForm(request.GET),
        "imports": running,
        "registers": _registers(request),
        "open_hits": queries.hits_open(actor=request.actor),
        "may_change": allows(request.actor, "contacts.suppressions.change"),
    }
    return htmx.page_or_fragment(request, "contacts/suppressions.html", "contacts/_suppressions.html", context)


def _rows(request: ActorRequest, found: list[Suppression]) -> list[dict[str, Any]]:
    campaigns = dict(ports.campaigns(request.actor)) if any(one.campaign_id for one in found) else {}
    ids = [UUID(one.value) for one in found if one.kind == "contact"]
    names = {
        one.id: one.name or one.external_id for one in queries.contacts_for_leads(ids, org_id=request.actor.org_id)
    }
    return [
        {
            "one": one,
            "kind": texts.KINDS[one.kind],
            "channel": texts.BARRED[one.channel],
            "again": texts.AGAIN[one.channel],
            "source": texts.source_text(one.source),
            "scope": campaigns.get(one.campaign_id, _("A campaign"))
            if one.campaign_id
            else _("The whole organisation"),
            "name": names.get(UUID(one.value)) if one.kind == "contact" else "",
        }
        for one in found
    ]


def _registers(request: ActorRequest) -> list[dict[str, Any]]:
    found = queries.register_list(actor=request.actor)
    campaigns = dict(ports.campaigns(request.actor)) if any(one.campaign_id for one in found) else {}
    return [
        {
            "one": one,
            "channel": texts.CHANNELS[one.channel],
            "scope": campaigns.get(one.campaign_id, _("A campaign"))
            if one.campaign_id
            else _("The whole organisation"),
            "barred": one.hits["exact"] + one.hits["accepted"],
        }
        for one in found
    ]


@require_safe
@requires("contacts.suppressions.read")
def hits(request: ActorRequest) -> HttpResponse:
    """Contacts beside the entries of registers that they are, or may be."""
    state = request.GET.get("state") or "open"
    form = HitsForm(request.GET, registers=queries.register_names(actor=request.actor))
    register = parse_id(request.GET.get("register")) if request.GET.get("register") else None
    found, following = queries.hit_list(
        actor=request.actor,
        state=state if state in texts.HITS else "open",
        register_id=register,
        size=SIZE,
        after=request.GET.get("after", ""),
    )
    users = {one.decided_by for one in found if one.decided_by is not None}
    context = {
        "rows": found,
        "names": user_names(user_ids=users),
        "next": following,
        "filter": form,
        "query": request.GET.urlencode(),
        "may_change": allows(request.actor, "contacts.suppressions.change"),
        "crumbs": [(_("Suppression"), reverse("contacts:suppressions"))],
    }
    return htmx.page_or_fragment(request, "contacts/hits.html", "contacts/_hits.html", context)


@require_POST
@requires("contacts.suppressions.read")
def decide(request: ActorRequest) -> HttpResponse:
    """Decide the ticked hits, or the one whose button it was."""
    one, _sep, state = request.POST.get("one", "").partition(":")
    wanted = [one] if one else request.POST.getlist("shown" if request.POST.get("all") else "hit")
    ids = [found for found in map(parse_id, wanted) if found is not None]
    shown = QueryDict(request.POST.get("query", ""))
    asked = urlencode([(name, shown[name][:100]) for name in ("state", "register", "after") if shown.get(name)])
    back = f"{reverse('contacts:register-hits')}?{asked}"
    try:
        count = actions.hits_decide(actor=request.actor, hit_ids=ids, state=state or request.POST.get("state", ""))
    except Invalid as error:
        return htmx.redirect(request, back, toast=str(error.errors[0].detail), tone="warning")
    said = ngettext("%(count)s hit decided.", "%(count)s hits decided.", count) % {"count": count}
    return htmx.redirect(request, back, toast=said)


@require_POST
@requires("contacts.suppressions.read")
def register_remove(request: ActorRequest, register_id: UUID) -> HttpResponse:
    """Take a register away."""
    try:
        actions.register_remove(actor=request.actor, register_id=register_id)
    except Conflict as error:
        return htmx.redirect(request, "contacts:suppressions", toast=str(error), tone="warning")
    return htmx.redirect(request, "contacts:suppressions", toast=_("The register is taken away."))


@require_http_methods(["GET", "POST"])
@requires("contacts.suppressions.change")
def add(request: ActorRequest) -> HttpResponse:
    """Bar one number or address."""
    form = SuppressionForm(request.POST or None, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        try:
            _row, made = actions.suppression_add(actor=request.actor, **form.cleaned_data)
            said = _("It will not be contacted.") if made else _("It was suppressed already.")
            return htmx.redirect(request, "contacts:suppressions", toast=said)
        except Invalid as error:
            add_faults(form, error)
    context = {"form": form, "crumbs": [(_("Suppression"), reverse("contacts:suppressions"))]}
    status = 422 if request.method == "POST" else 200
    return htmx.render_fragment(request, "contacts/suppression_add.html", context, status=status)


@require_http_methods(["GET", "POST"])
@requires("contacts.suppressions.change")
def bring(request: ActorRequest) -> HttpResponse:
    """Bar what a file holds."""
    form = SuppressionFileForm(request.POST or None, request.FILES or None, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            row = actions.suppression_import_start(
                actor=request.actor,
                file=data["file"].chunks(),
                file_name=data["file"].name,
                options={
                    "scope": data["scope"],
                    "channel": data["channel"],
                    "source": data["source"],
                    "date": data["date"].isoformat() if data["date"] else None,
                    "by": data["by"] or None,
                    "dry_run": data["dry_run"],
                },
            )
            return htmx.redirect(request, "contacts:import", row.id)
        except Invalid as error:
            add_faults(form, error)
        except Conflict as error:
            form.add_error(None, str(error))
        except TooLarge as error:
            form.add_error("file", str(error))
    context = {"form": form, "crumbs": [(_("Suppression"), reverse("contacts:suppressions"))]}
    status = 422 if request.method == "POST" else 200
    return htmx.render_fragment(request, "contacts/suppression_import.html", context, status=status)


@require_POST
@requires("contacts.suppressions.read")
def remove(request: ActorRequest, suppression_id: UUID) -> HttpResponse:
    """Allow again."""
    actions.suppression_remove(actor=request.actor, suppression_id=suppression_id)
    return htmx.redirect(request, "contacts:suppressions", toast=_("It may be contacted again."))
