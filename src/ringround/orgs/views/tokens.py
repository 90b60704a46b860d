"""Settings → API tokens."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ringround.kernel.errors import Invalid
from ringround.orgs import actions, permissions, queries
from ringround.orgs.forms.settings import TokenForm
from ringround.orgs.web import ActorRequest, requires
from ringround.orgs.words import scope_word
from ringround.ui import htmx
from ringround.ui.forms import add_faults


@require_safe
@requires("orgs.tokens.own")
def tokens(request: ActorRequest) -> HttpResponse:
    """One's own tokens; an owner sees everyone's."""
    rows = queries.token_list(actor=request.actor)
    context = {
        "tokens": [(row, ", ".join(str(scope_word(scope)) for scope in row.scopes)) for row in rows],
        "all": permissions.allows(request.actor, "orgs.tokens.all"),
    }
    return htmx.render_fragment(request, "orgs/tokens.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@requires("orgs.tokens.own")
def create(request: ActorRequest) -> HttpResponse:
    """A new token, shown here and never again."""
    crumbs = [(_("API tokens"), reverse("orgs:tokens"))]
    rooms = sorted({name.split(".", 1)[0] for name in permissions.table()})
    form = TokenForm(request.POST or None, rooms=[(room, scope_word(room)) for room in rooms])
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            token, raw = actions.token_create(
                actor=request.actor,
                name=data["name"],
                scopes=["*"] if "*" in data["scopes"] else data["scopes"],
                days=int(data["days"]) if data["days"] else None,
            )
            return htmx.render_fragment(request, "orgs/token_made.html", {"token": token, "raw": raw, "crumbs": crumbs})
        except Invalid as error:
            add_faults(form, error)
    status = 422 if request.method == "POST" else 200
    return htmx.render_fragment(request, "orgs/token_new.html", {"form": form, "crumbs": crumbs}, status=status)


@require_POST
@requires("orgs.tokens.own")
def revoke(request: ActorRequest, token_id: UUID) -> HttpResponse:
    """End a token at once."""
    actions.token_revoke(actor=request.actor, token_id=token_id)
    return htmx.redirect(request, "orgs:tokens", toast=_("The token is revoked."))
