"""What the editor's fields can be chosen from: the organisation's campaigns, people, templates and fields by name."""

from __future__ import annotations

from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from ringround.campaigns import queries as campaigns
from ringround.journeys.rules.catalogue import FIELDS, TRIGGERS, catalogue_json
from ringround.messaging import queries as messaging
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor

# More cannot be looked over in a list; the API takes any.
MOST = 500


def choices(*, actor: Actor) -> dict[str, list[dict[str, str]]]:
    """Lists by the type of parameter that they fill."""
    # What is another's is not automated here, whoever works it.
    plans = _own(actor).order_by("name")[:MOST]
    people = campaigns.agents_seen(actor=actor)
    staff = orgs.members(organisation_ids=[actor.org_id])
    users = {one.id: one for one in (*people, *staff)}
    return {
        "campaigns": [{"value": str(one.id), "label": one.name} for one in plans],
        "users": [
            {"value": str(one.id), "label": one.shown}
            for one in sorted(users.values(), key=lambda one: one.shown.casefold())[:MOST]
        ],
        "templates": [
            {"value": str(one.id), "label": one.name, "of": one.channel}
            for one in messaging.templates_for(org_ids=[actor.org_id])[:MOST]
        ],
        "zones": [{"value": zone, "label": zone.replace("_", " ")} for zone in _zones()],
    }


@cache
def _zones() -> list[str]:
    """Places that people live in, Europe's first."""
    places = (zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return sorted(places, key=lambda zone: (not zone.startswith("Europe/"), zone))


def _own(actor: Actor) -> QuerySet[campaigns.Campaign]:
    return campaigns.visible_campaigns(actor).filter(merchant_id=actor.org_id).exclude(state="archived")


def facts(*, actor: Actor) -> list[dict[str, Any]]:
    """The fields that a condition can ask about, those of the organisation's own among them."""
    ids = list(_own(actor).order_by("-id").values_list("id", flat=True)[:MOST])
    found: list[dict[str, Any]] = []
    groups = {
        "lead": _("The lead"),
        "contact": _("The contact"),
        "campaign": _("The campaign"),
        "event": _("What happened"),
    }
    for field in FIELDS.values():
        found.append({**field.to_json(), "group": groups[field.path.partition(".")[0]]})
    for one in campaigns.questions_of(campaign_ids=ids)[:MOST]:
        found.append(
            {
                "path": f"lead.result.{one.key}",
                "label": one.label,
                "group": _("Result data"),
                "changing": True,
                "settable": True,
                **_kind(one),
            }
        )
    for one in campaigns.columns_of_campaigns(campaign_ids=ids)[:MOST]:
        found.append(
            {
                "path": f"contact.fields.{one.key}",
                "label": one.label,
                "group": _("The contact's columns"),
                "changing": True,
                "settable": True,
                **_kind(one),
            }
        )
    words = _event_words()
    for name in dict.fromkeys(name for trigger in TRIGGERS.values() for name in trigger.data):
        found.append(
            {"path": f"event.data.{name}", "label": words.get(name, name), "kind": "any", "group": groups["event"]}
        )
    return found


def _kind(one: campaigns.Asked) -> dict[str, Any]:
    if one.options:
        return {"kind": "choice", "options": [{"value": option, "label": option} for option in one.options]}
    kinds = {"number": "int", "integer": "int", "bool": "bool", "date": "moment", "datetime": "moment", "text": "text"}
    return {"kind": kinds.get(one.type, "any")}


def _event_words() -> dict[str, str]:
    return {
        "from": _("Status before"),
        "to": _("Status after"),
        "outcome": _("Call result"),
        "attempts": _("Attempts then"),
        "disposition": _("Disposition"),
        "kind": _("Kind of disposition"),
        "engaged": _("Whether it was engaged"),
        "status": _("Status then"),
        "at": _("Time of the callback"),
        "private": _("Whether the callback is private"),
        "channel": _("Channel"),
        "template": _("Template"),
        "nth": _("Which message of the template"),
        "reason": _("Reason"),
        "machine": _("Whether a machine did it"),
        "link": _("Which link"),
        "journey": _("Journey"),
        "name": _("Name of the event"),
    }


# Icons of the kinds, by type; what is new and not here has its group's.
ICONS = {
    "wait": "hourglass",
    "wait_time": "clock",
    "wait_date": "calendar",
    "wait_event": "bell",
    "wait_until": "filter",
    "wait_hours": "sun",
    "reset": "rotate",
    "deactivate": "circle-off",
    "activate": "circle-check",
    "close": "lock",
    "set_status": "tag",
    "next_contact": "calendar-time",
    "fast_forward": "player-track-next",
    "assign": "user-check",
    "release": "lock-open",
    "set_field": "edit",
    "priority": "arrow-up",
    "urgent": "flame",
    "note": "note",
    "snooze": "zzz",
    "suppress": "ban",
    "add_to_campaign": "copy-plus",
    "move_to_campaign": "arrow-right",
    "send_sms": "message",
    "send_email": "mail",
    "call_url": "world",
    "notify_user": "bell",
    "emit_event": "broadcast",
    "start_journey": "player-play",
    "stop_journey": "player-stop",
    "gate": "filter",
    "branch": "git-branch",
    "split": "arrows-split",
    "goto": "repeat",
    "limit": "gauge",
    "goal": "target",
    "exit": "logout",
}
OF_GROUP = {"wait": "hourglass", "action": "bolt", "control": "git-branch"}
TRIGGER_ICONS = {
    "lead": "list-details", "calls": "phone", "messages": "mail", "agreements": "writing-sign", "other": "bolt",
}  # fmt: skip
# What the editor's own buttons and remarks show.
OWN_ICONS = (
    "alert-circle", "alert-triangle", "arrow-back-up", "arrow-forward-up", "arrow-right", "arrow-up", "bolt", "copy",
    "help", "history", "keyboard", "layout-distribute-vertical", "player-play", "plus", "rocket", "route", "search",
    "settings", "trash", "x",
)  # fmt: skip


def catalogue(*, actor: Actor) -> dict[str, Any]:
    """As the rules have it, with icons, and the facts of this organisation in place of the general ones."""
    whole = catalogue_json()
    for one in whole["nodes"]:
        one["icon"] = ICONS.get(one["type"], OF_GROUP[one["group"]])
    for one in whole["triggers"]:
        one["icon"] = TRIGGER_ICONS.get(one["section"], "bolt")
    del whole["fields"], whole["prefixes"]
    return {**whole, "facts": facts(actor=actor)}
