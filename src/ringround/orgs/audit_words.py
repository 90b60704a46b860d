"""What the actions in the audit log are called: each room has `audit_words.WORDS`, {action: words}, and
`audit_words.NAMES`, {subject type: function(ids) -> names by id}; the wiring brings them together here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ringround.kernel.ids import parse_id
from ringround.orgs.models import AgencyLink, ApiToken, Organisation, Team, User
from ringround.orgs.words import KINDS, ROLES, scope_word

Text = str | Promise

WORDS: dict[str, Text] = {
    "orgs.organisation.created": _("Organisation signed up"),
    "orgs.organisation.changed": _("Settings changed"),
    "orgs.client.created": _("Client made"),
    "orgs.client.offered": _("Owner invited to take over"),
    "orgs.client.kept": _("Invitation to take over withdrawn"),
    "orgs.client.handed_over": _("Handed over to an owner of its own"),
    "orgs.client.closing": _("Deletion of the client's data begun"),
    "orgs.client.closed": _("Client's data deleted"),
    "orgs.acting.chosen": _("Organisation chosen to work for"),
    "orgs.user.created": _("User created"),
    "orgs.user.invited": _("User invited"),
    "orgs.user.joined": _("Invitation accepted"),
    "orgs.user.changed": _("User changed"),
    "orgs.user.role_changed": _("Role changed"),
    "orgs.user.deactivated": _("User deactivated"),
    "orgs.user.signed_in": _("Signed in"),
    "orgs.user.password_changed": _("Password changed"),
    "orgs.user.password_reset": _("Password reset by e-mail"),
    "orgs.user.email_changed": _("E-mail address changed"),
    "orgs.user.mfa_added": _("Second factor switched on"),
    "orgs.user.mfa_removed": _("Second factor switched off"),
    "orgs.user.mfa_codes_made": _("Recovery codes made anew"),
    "orgs.user.sessions_ended": _("Signed out everywhere"),
    "orgs.user.session_ended": _("Session ended"),
    "orgs.user.profile_changed": _("Profile changed"),
    "orgs.invitation.renewed": _("Invitation sent again"),
    "orgs.invitation.revoked": _("Invitation withdrawn"),
    "orgs.invitation.declined": _("Invitation declined"),
    "orgs.agency_link.created": _("Agency token made"),
    "orgs.agency_link.claimed": _("Agency connected"),
    "orgs.agency_link.revoked": _("Agency disconnected"),
    "orgs.team.created": _("Team created"),
    "orgs.team.renamed": _("Team renamed"),
    "orgs.team.members_changed": _("Team's members changed"),
    "orgs.team.deleted": _("Team deleted"),
    "orgs.token.created": _("API token made"),
    "orgs.token.revoked": _("API token revoked"),
    # The cellar and the API's frame know no screens, so their words are said here.
    "http.webhook.created": _("Webhook made"),
    "http.webhook.changed": _("Webhook changed"),
    "http.webhook.deleted": _("Webhook deleted"),
    "http.webhook.rotated": _("Webhook's secret changed"),
    "http.webhook.redelivered": _("Event sent to a webhook again"),
    "http.webhook.switched_off": _("Webhook switched off after failing"),
    "infra.reaction.dropped": _("A failed consequence given up by the operator"),
}


def _teams(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(Team.objects.filter(id__in=ids).values_list("id", "name"))


def _tokens(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(ApiToken.objects.filter(id__in=ids).values_list("id", "name"))


def _links(ids: Iterable[UUID]) -> dict[UUID, str]:
    rows = AgencyLink.objects.filter(id__in=ids, agency__isnull=False)
    both = rows.values_list("id", "merchant__name", "agency__name")
    return {one: f"{merchant} – {agency}" for one, merchant, agency in both}


def _organisations(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(Organisation.objects.filter(id__in=ids).values_list("id", "name"))


def _users(ids: Iterable[UUID]) -> dict[UUID, str]:
    return {one.id: str(one) for one in User.objects.filter(id__in=ids).only("id", "name", "email")}


NAMES = {"team": _teams, "token": _tokens, "agency_link": _links, "organisation": _organisations, "user": _users}

_DOERS: dict[str, Text] = {"system": _("Ringround"), "external_system": _("External system"), "user": _("Unknown user")}

Namer = Callable[[Iterable[UUID]], Mapping[UUID, str]]

_words: dict[str, Text] = dict(WORDS)
_namers: dict[str, Namer] = dict(NAMES)


def declare(words: Mapping[str, Text], names: Mapping[str, Namer]) -> None:
    """Add a room's words and names; called once for each room by the wiring."""
    _words.update(words)
    _namers.update(names)


def names(subjects: Mapping[str, set[UUID]]) -> dict[UUID, str]:
    """Names of subjects by id, as far as their rooms give any; `subjects` are ids by subject type."""
    return {one: name for kind, ids in subjects.items() if kind in _namers for one, name in _namers[kind](ids).items()}


def table() -> dict[str, Text]:
    """All actions that have words, for the filter of the page and for tests."""
    return dict(_words)


def text(action: str) -> Text:
    """The words for an action; an action without words stands for itself, so that no row is ever hidden."""
    return _words.get(action, action)


def doer(actor_type: str) -> Text:
    """Who did it, where it was nobody with a name."""
    return _DOERS.get(actor_type, actor_type)


# What the data of a row is called. A key or value without words stands for itself.
_KEYS: dict[str, Text] = {
    "agency": _("agency"),
    "before": _("before"),
    "campaign": _("campaign"),
    "copied_from": _("copied from"),
    "count": _("count"),
    "external_id": _("external id"),
    "fields": _("changed"),
    "from": _("from"),
    "home": _("from the organisation"),
    "joined": _("joined"),
    "kind": _("kind"),
    "left": _("left"),
    "members": _("members"),
    "merchant": _("merchant"),
    "name": _("name"),
    "role": _("role"),
    "scopes": _("may be used for"),
    "state": _("state"),
    "team": _("team"),
    "to": _("to"),
    "user": _("user"),
    "four_eyes": _("four eyes"),
    "mfa_required": _("second factor for all"),
    "callback_max_days": _("days ahead for callbacks"),
    "callbacks_per_agent": _("callbacks per agent"),
    "region": _("country"),
    "language": _("language"),
    "timezone": _("time zone"),
    "currency": _("currency"),
    "pause_reasons": _("reasons for a pause"),
    "theme": _("appearance"),
}


def key(name: str) -> Text:
    """What a key of a row's data is called."""
    return _KEYS.get(name, name)


def detail(value: Any, names: Mapping[UUID, str]) -> str:
    """A value of a row's data on one line; `names` are those of the ids that may stand in it."""
    if isinstance(value, list | tuple):
        return ", ".join(detail(one, names) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{key(name)} {detail(one, names)}" for name, one in value.items())
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if value is None:
        return "–"
    known = parse_id(value)
    if known is not None:
        # The end of an id tells one from another; its beginning is the time.
        return names.get(known, str(known)[-8:])
    written = str(value)
    for words in (ROLES, KINDS, _KEYS):
        if written in words:
            return str(words[written])
    return str(scope_word(written))
