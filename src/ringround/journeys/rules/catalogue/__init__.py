"""Every kind of trigger, wait, action and control, each field and operator: what the editor's palette and forms are
drawn from, what the linter checks and what the JSON Schema says. Words are messages, told in the reader's language."""

from __future__ import annotations

from typing import Any

from ringround.journeys.rules.catalogue.actions import ACTIONS
from ringround.journeys.rules.catalogue.control import CONTROL
from ringround.journeys.rules.catalogue.fields import FIELDS as FIELDS
from ringround.journeys.rules.catalogue.fields import PREFIXES as PREFIXES
from ringround.journeys.rules.catalogue.fields import events_of as events_of
from ringround.journeys.rules.catalogue.fields import field_of as field_of
from ringround.journeys.rules.catalogue.kinds import Kind as Kind
from ringround.journeys.rules.catalogue.kinds import Option as Option
from ringround.journeys.rules.catalogue.kinds import Out as Out
from ringround.journeys.rules.catalogue.kinds import Param as Param
from ringround.journeys.rules.catalogue.kinds import TriggerKind as TriggerKind
from ringround.journeys.rules.catalogue.operators import OPERATORS as OPERATORS
from ringround.journeys.rules.catalogue.settings import SETTINGS as SETTINGS
from ringround.journeys.rules.catalogue.triggers import TRIGGERS as TRIGGERS
from ringround.journeys.rules.catalogue.waits import WAITS
from ringround.kernel.messages import N_

NODES: dict[str, Kind] = {one.type: one for one in (*WAITS, *ACTIONS, *CONTROL)}
SECTIONS = {
    "waits": N_("Waiting times"),
    "lead": N_("The lead"),
    "calls": N_("Calls"),
    "campaigns": N_("Campaigns"),
    "messages": N_("Messages"),
    "agreements": N_("Sessions and agreements"),
    "control": N_("Control"),
    "other": N_("Other"),
}


def catalogue_json() -> dict[str, Any]:
    """The whole of it, told in the reader's language at the moment of asking."""
    return {
        "triggers": [one.to_json() for one in TRIGGERS.values()],
        "nodes": [one.to_json() for one in NODES.values()],
        "sections": [{"name": name, "label": str(label)} for name, label in SECTIONS.items()],
        "fields": [one.to_json() for one in FIELDS.values()],
        "prefixes": [one.to_json() for one in PREFIXES.values()],
        "operators": [one.to_json() for one in OPERATORS],
        "settings": [one.to_json() for one in SETTINGS],
    }


def outs_of(type: str, params: Any) -> list[str]:
    """The names of the arrows that a node of this kind has, its parameters being so. Total on any parameters."""
    kind = NODES.get(type)
    if kind is None:
        return []
    given = params if isinstance(params, dict) else {}
    defaults = {one.name: one.default for one in kind.params}
    found: list[str] = []
    for out in kind.outs:
        if out.each:
            entries = given.get(out.each)
            for one in entries if isinstance(entries, list) else []:
                if isinstance(one, dict) and isinstance(one.get("out"), str):
                    found.append(one["out"])
        elif out.shown_if is None or given.get(out.shown_if[0], defaults.get(out.shown_if[0])) in out.shown_if[1]:
            found.append(out.name)
    return found
