"""What the screens of this room share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.forms import Form
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from ringround.campaigns import queries
from ringround.campaigns.forms.hours import DAY_NAMES
from ringround.campaigns.models import Campaign
from ringround.campaigns.rules import lifecycle
from ringround.campaigns.rules.lifecycle import TABLE, Command, State
from ringround.contacts import queries as contacts
from ringround.kernel.errors import Conflict, Invalid
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import allows

Text = str | Promise
# Rows of a page: what one may ask for, and what it has where nobody asks.
SIZES = (10, 25, 50, 100)
USUAL = 50


def size_of(request: HttpRequest) -> int:
    """How many rows the reader asked for, among the sizes that are offered."""
    asked = request.GET.get("size", "")
    return int(asked) if asked.isdigit() and int(asked) in SIZES else USUAL


def crumbs(*more: tuple[object, str]) -> list[tuple[object, str]]:
    return [(_("Campaigns"), reverse("campaigns:list")), *more]


def campaign_crumb(campaign: Campaign) -> tuple[object, str]:
    return campaign.name, reverse("campaigns:detail", args=[campaign.id])


@dataclass(frozen=True, slots=True)
class Button:
    """A command of the lifecycle as a button; `why` says why it cannot be pressed now."""

    command: str
    label: Text
    icon: str
    tone: str
    title: Text
    text: Text
    why: str = ""


def _button_words(command: Command) -> tuple[Text, str, str, Text, Text]:
    """Label, icon, tone, and what the question asks before it is done."""
    return {
        Command.APPROVE: (
            _("Approve"), "circle-check", "accent", _("Approve this campaign?"),
            _("It can be started then. Changing hours, script, mode or caller ids asks for a new approval."),
        ),
        Command.START: (
            _("Start"), "player-play", "success", _("Start this campaign?"), _("Its agents can call from now on."),
        ),
        Command.PAUSE: (
            _("Pause"), "player-pause", "warning", _("Pause this campaign?"),
            _("Calls under way finish, and what is held can be dispositioned. Nothing new is handed out."),
        ),
        Command.COMPLETE: (
            _("Complete"), "flag", "accent", _("Complete this campaign?"),
            _("Nothing more is handed out. It can be reopened."),
        ),
        Command.REOPEN: (_("Reopen"), "rotate", "accent", _("Reopen this campaign?"), _("It is paused then.")),
        Command.ARCHIVE: (
            _("Archive"), "archive", "danger", _("Archive this campaign?"),
            _("It is hidden and kept; reports still work. It cannot be brought back."),
        ),
    }[command]  # fmt: skip


def buttons(actor: Actor, campaign: Campaign) -> list[Button]:
    """The commands that fit the campaign's state, for who may ever give them; with the reason where not now."""
    found = []
    for command in TABLE.commands(State(campaign.state)):
        if command is Command.UNAPPROVE or not queries.may(actor, campaign, lifecycle.PERMISSION[command]):
            continue
        label, icon, tone, title, text = _button_words(command)
        why = _approval_barred(actor, campaign) if command is Command.APPROVE else ""
        found.append(Button(command.value, label, icon, tone, title, text, why))
    return found


def _approval_barred(actor: Actor, campaign: Campaign) -> str:
    missing = lifecycle.not_ready(queries.readiness(campaign=campaign))
    if missing:
        return " ".join(str(one.detail) for one in missing)
    if campaign.merchant.four_eyes and campaign.created_by_id == actor.user_id:
        return _("Somebody else than its maker must approve the campaign.")
    return ""


TABS = ("overview", "people", "settings")


def tabs(actor: Actor, campaign: Campaign, current: str) -> dict[str, Any]:
    """The campaign page's tabs."""
    leads = queries.progress(campaigns=[campaign])[campaign.id].leads
    items = [
        ("overview", _("Overview"), reverse("campaigns:detail", args=[campaign.id])),
        ("leads", _("Leads"), f"{reverse('campaigns:leads')}?campaign={campaign.id}", leads),
        ("callbacks", _("Callbacks"), reverse("campaigns:detail-callbacks", args=[campaign.id])),
        ("people", _("People"), reverse("campaigns:detail-people", args=[campaign.id])),
        ("settings", _("Settings"), reverse("campaigns:detail-settings", args=[campaign.id])),
    ]
    return {
        "campaign": campaign,
        "tabs": items,
        "tab": current,
        "buttons": buttons(actor, campaign),
        "may_change": queries.may(actor, campaign, "campaigns.change"),
        "may_copy": queries.may(actor, campaign, "campaigns.create"),
        "may_recycle": queries.may(actor, campaign, "campaigns.leads.change"),
        "may_export": queries.may(actor, campaign, "campaigns.leads.export"),
        "may_people": queries.may(actor, campaign, "campaigns.people"),
        "may_leads": allows(actor, "campaigns.leads.change"),
    }


def columns_of(campaign: Campaign) -> list[str]:
    """Names of the columns of the campaign's lists, in their order, each once."""
    ids = list(Campaign.lists.through.objects.filter(campaign_id=campaign.id).values_list("contactlist_id", flat=True))
    found = contacts.columns_for_leads(list_ids=ids) if ids else {}
    return list(dict.fromkeys(one.name for columns in found.values() for one in columns if one.type != "phone"))


def put_faults(form: Form, error: Invalid | Conflict) -> None:
    """An action's faults onto the form: each on the field it names, a setting on its own field."""
    for fault in error.errors:
        parts = [str(part) for part in fault.loc]
        name = next((part for part in reversed(parts) if part in form.fields), None)
        text = str(fault.detail)
        if fault.code == "changed_meanwhile":
            now = _("Now it is: %(value)s. Save again to set yours.") % {"value": _value(fault.extra["now"])}
            text = f"{text} {now}"
        form.add_error(name, text)
    if not error.errors:
        form.add_error(None, str(error))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value in (None, "", [], {}):
        return _("empty")
    if isinstance(value, dict):
        days = ((DAY_NAMES[day], spans) for day, spans in value.items() if day in DAY_NAMES and spans)
        return "; ".join(f"{name} {', '.join(f'{start}–{end}' for start, end in spans)}" for name, spans in days)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def ids_of(values: Iterable[UUID]) -> list[str]:
    return [str(one) for one in values]


def names_of(people: Sequence[Any]) -> dict[UUID, str]:
    return {one.id: one.shown for one in people}
