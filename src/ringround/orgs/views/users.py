"""Settings → users."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ringround.kernel.errors import Conflict, Forbidden, Invalid
from ringround.kernel.ids import parse_id
from ringround.orgs import actions, mails, queries, rules
from ringround.orgs.forms.settings import InviteForm, UserFilter, UserForm
from ringround.orgs.permissions import allows
from ringround.orgs.queries import Person
from ringround.orgs.web import ActorRequest, requires
from ringround.orgs.words import ROLES
from ringround.ui import htmx
from ringround.ui.forms import add_faults

PAGE = 50


@require_safe
@requires("orgs.users.read")
def users(request: ActorRequest) -> HttpResponse:
    """Everyone in the organisation by name."""
    actor = request.actor
    filter = UserFilter(request.GET, teams=queries.team_list(actor=actor))
    filter.is_valid()
    wanted = filter.cleaned_data
    people = queries.members(
        organisation_ids=[actor.org_id],
        roles=[wanted["role"]] if wanted.get("role") else None,
        states=(wanted["state"],) if wanted.get("state") else ("active", "invited"),
        q=wanted.get("q", ""),
    )
    if wanted.get("team"):
        people = [one for one in people if str(one.team_id) == wanted["team"]]
    after = parse_id(request.GET.get("after"))
    start = next((number + 1 for number, one in enumerate(people) if one.id == after), 0)
    shown = people[start : start + PAGE]
    context = {
        "filter": filter,
        "people": [(one, ROLES[one.role]) for one in shown],
        "total": len(people),
        "shown": min(start + PAGE, len(people)),
        "next": str(shown[-1].id) if start + PAGE < len(people) else None,
        "filtered": any(wanted.values()),
        "may_change": allows(actor, "orgs.users.change"),
    }
    return htmx.page_or_fragment(request, "orgs/users.html", "orgs/_users.html", context)


@never_cache
@require_http_methods(["GET", "POST"])
@requires("orgs.users.change")
def invite(request: ActorRequest) -> HttpResponse:
    """Ask somebody to join."""
    actor = request.actor
    teams = queries.team_list(actor=actor)
    form = InviteForm(request.POST or None, teams=teams, giver=actor.role)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.user_invite(actor=actor, **form.cleaned_data)
            return _invited(request, made)
        except Invalid as error:
            add_faults(form, error)
        except Conflict as error:
            form.add_error("email", str(error))
    status = 422 if request.method == "POST" else 200
    return htmx.render_fragment(request, "orgs/invite.html", {"form": form, "crumbs": _crumbs()}, status=status)


def _crumbs() -> list[tuple[str, str]]:
    return [(_("Users"), reverse("orgs:users"))]


def _invited(request: ActorRequest, made: actions.Invite) -> HttpResponse:
    # Drawn at once and not after a redirect: the link is known only here.
    return htmx.render_fragment(
        request,
        "orgs/invited.html",
        {
            "invitation": made.invitation,
            "url": mails.join_url(made.token),
            "role": ROLES[made.invitation.role],
            "crumbs": _crumbs(),
        },
    )


@require_http_methods(["GET", "POST"])
@requires("orgs.users.read")
def user(request: ActorRequest, user_id: UUID) -> HttpResponse:
    """One user: role, team, external id, and the end of it."""
    actor = request.actor
    person = queries.user_get(actor=actor, user_id=user_id)
    within_reach = rules.may_give(actor.role, person.role)
    may_change = allows(actor, "orgs.users.change") and within_reach
    teams = queries.team_list(actor=actor)
    if request.method == "POST":
        form = UserForm(person, request.POST, teams=teams, giver=actor.role)
        if not may_change:
            raise Forbidden("orgs.users.change" if within_reach else "orgs.users.change_owner")
        if form.is_valid():
            try:
                actions.user_change(actor=actor, user_id=user_id, **form.cleaned_data)
                return htmx.redirect(request, "orgs:users", toast=_("Saved."))
            except Invalid as error:
                add_faults(form, error)
            except Conflict as error:
                form.add_error("role", str(error))
    else:
        form = UserForm(person, teams=teams, giver=actor.role)
    if not may_change:
        # Whoever may not give a role must still see which it is.
        form.fields["role"].choices = [(person.role, ROLES[person.role])]  # type: ignore[attr-defined]
        for field in form.fields.values():
            field.disabled = True
    context = {
        "form": form,
        "person": person,
        "role": ROLES[person.role],
        "may_change": may_change,
        "is_me": person.id == actor.user_id,
        "crumbs": _crumbs(),
    }
    return htmx.render_fragment(request, "orgs/user.html", context, status=422 if form.errors else 200)


def _named(person: Person) -> dict[str, str]:
    return {"name": person.shown}


@require_POST
@requires("orgs.users.change")
def deactivate(request: ActorRequest, user_id: UUID) -> HttpResponse:
    """End a membership."""
    person = queries.user_get(actor=request.actor, user_id=user_id)
    actions.user_deactivate(actor=request.actor, user_id=user_id)
    words = _("%(name)s is deactivated and signed out.") % _named(person)
    return htmx.redirect(request, "orgs:users", toast=words)


@never_cache
@require_POST
@requires("orgs.users.change")
def renew(request: ActorRequest, user_id: UUID) -> HttpResponse:
    """Send an invitation again, with a new link."""
    return _invited(request, actions.invitation_renew(actor=request.actor, user_id=user_id))


@require_POST
@requires("orgs.users.change")
def withdraw(request: ActorRequest, user_id: UUID) -> HttpResponse:
    """Withdraw an invitation."""
    actions.invitation_revoke(actor=request.actor, user_id=user_id)
    return htmx.redirect(request, "orgs:users", toast=_("The invitation is withdrawn."))


@require_POST
@requires("orgs.users.change")
def sign_out(request: ActorRequest, user_id: UUID) -> HttpResponse:
    """Sign a user out everywhere."""
    person = queries.user_get(actor=request.actor, user_id=user_id)
    actions.sessions_end(actor=request.actor, user_id=user_id)
    words = _("%(name)s is signed out everywhere.") % _named(person)
    return htmx.redirect(request, "orgs:user", user_id, toast=words)
