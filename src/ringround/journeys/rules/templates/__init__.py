"""Journeys ready to use: each a name, what it asks for, and the document that it makes of the answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ringround.journeys.rules.catalogue import Param
from ringround.journeys.rules.document import FORMAT
from ringround.journeys.rules.lint.asked import Asker
from ringround.journeys.rules.lint.flaws import NOTHING_KNOWN, Flaws, Known
from ringround.journeys.rules.templates import ten
from ringround.kernel.errors import Invalid, NotFound
from ringround.kernel.messages import Message


@dataclass(frozen=True, slots=True)
class Template:
    """`make` gives trigger, entry, settings and nodes for parameters that were found good; the first node begins."""

    key: str
    name: Message
    description: Message
    params: tuple[Param, ...]
    make: Callable[[Mapping[str, Any]], dict[str, Any]]

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "name": str(self.name),
            "description": str(self.description),
            "params": [one.to_json() for one in self.params],
        }


TEMPLATES: dict[str, Template] = {row[0]: Template(*row) for row in ten.ALL}


def fill(key: str, params: Any, *, name: str | None = None, known: Known = NOTHING_KNOWN) -> dict[str, Any]:
    """The document of a template; NotFound, or Invalid with every fault of its parameters (`params.months`).

    Its name is the template's in the reader's language, where none is given.
    """
    template = TEMPLATES.get(key)
    if template is None:
        raise NotFound("journey_template")
    flaws = Flaws()
    Asker(flaws, known).params(template.params, params, None, ("params",))
    if flaws.found:
        raise Invalid([flaw.fault(()) for flaw in flaws.found])
    given = {one.name: one.default for one in template.params}
    given |= {name: value for name, value in (params or {}).items() if value is not None and value != ""}
    made = template.make(given)
    nodes = [{"title": "", **node} for node in made["nodes"]]
    return {
        "format": FORMAT,
        "name": name or str(template.name),
        "description": str(template.description),
        "scope": {"campaigns": [given["campaign"]]},
        "trigger": made["trigger"],
        "entry": made.get("entry"),
        "settings": made.get("settings", {}),
        "nodes": nodes,
        "start": nodes[0]["id"],
    }
