"""Settings → audit log."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from ringround.kernel.ids import parse_id
from ringround.orgs import audit_words, queries
from ringround.orgs.forms.settings import AuditFilter
from ringround.orgs.web import ActorRequest, requires
from ringround.ui import htmx


def _midnight(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day is not None else None


@require_safe
@requires("orgs.audit.read")
def audit(request: ActorRequest) -> HttpResponse:
    """Who did what, newest first."""
    actor = request.actor
    people = queries.members(organisation_ids=[actor.org_id], states=("active", "invited", "inactive"))
    known = sorted(((action, text) for action, text in audit_words.table().items()), key=lambda pair: str(pair[1]))
    form = AuditFilter(request.GET, actions=known, users=[(str(one.id), one.shown) for one in people])
    form.is_valid()
    wanted = form.cleaned_data
    until = wanted.get("until")
    # The calendar's last day has no day after it.
    until = until + timedelta(days=1) if until is not None and until < date.max else None
    page = queries.audit_page(
        actor=actor,
        prefix=wanted.get("action", ""),
        user_id=parse_id(wanted.get("user")),
        subject_id=wanted.get("subject"),
        since=_midnight(wanted.get("since")),
        until=_midnight(until),
        after=request.GET.get("after") or None,
    )
    context = {"form": form, "page": page, "filtered": any(wanted.values())}
    return htmx.page_or_fragment(request, "orgs/audit.html", "orgs/_audit.html", context)
