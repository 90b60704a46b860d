"""What the catalogue is made of: kinds of nodes and triggers, their parameters and their arrows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ringround.kernel.messages import Message


@dataclass(frozen=True, slots=True)
class Option:
    value: Any
    label: Message

    def to_json(self) -> dict[str, Any]:
        return {"value": self.value, "label": str(self.label)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """One parameter of a node or trigger. `type` is a name of `types.TYPES`; `of` says more where a type needs it.

    `shown_if` is `(parameter, values)`: only then is it asked, and only then can it be required.
    """

    name: str
    type: str
    label: Message
    help: Message | None = None
    required: bool = False
    default: Any = None
    options: tuple[Option, ...] = ()
    least: int | None = None
    most: int | None = None
    of: str = ""
    shown_if: tuple[str, tuple[Any, ...]] | None = None

    def asked(self, params: Mapping[str, Any], others: Mapping[str, Param]) -> bool:
        """Whether it counts, the node's other parameters being as they are."""
        if self.shown_if is None:
            return True
        name, values = self.shown_if
        given = params.get(name)
        if given is None and name in others:
            given = others[name].default
        # By equality and type: True is not 1, and what is not hashable is nothing.
        return any(given == value and type(given) is type(value) for value in values)

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"name": self.name, "type": self.type, "label": str(self.label)}
        found |= {"required": self.required, "default": self.default}
        if self.help is not None:
            found["help"] = str(self.help)
        if self.options:
            found["options"] = [option.to_json() for option in self.options]
        for name in ("least", "most"):
            if getattr(self, name) is not None:
                found[name] = getattr(self, name)
        if self.of:
            found["of"] = self.of
        if self.shown_if is not None:
            found["shown_if"] = {"param": self.shown_if[0], "values": list(self.shown_if[1])}
        return found


@dataclass(frozen=True, slots=True)
class Out:
    """An arrow out of a node. One that is not drawn ends the run there; where that is likely a slip (not `optional`),
    the linter says so. `shown_if` as of a parameter; `each` names the list parameter that gives an arrow an entry."""

    name: str
    label: Message
    optional: bool = False
    shown_if: tuple[str, tuple[Any, ...]] | None = None
    each: str = ""

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"name": self.name, "label": str(self.label), "optional": self.optional}
        if self.shown_if is not None:
            found["shown_if"] = {"param": self.shown_if[0], "values": list(self.shown_if[1])}
        if self.each:
            found["each"] = self.each
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of node. `group` is wait, action or control; `section` is its place in the palette."""

    type: str
    group: str
    section: str
    label: Message
    help: Message
    params: tuple[Param, ...] = ()
    outs: tuple[Out, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "type": self.type,
            "group": self.group,
            "section": self.section,
            "label": str(self.label),
            "help": str(self.help),
            "params": [param.to_json() for param in self.params],
            "outs": [out.to_json() for out in self.outs],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerKind:
    """A kind of trigger. `events` are the types of events that may be it; none: it is started otherwise.

    `awaited`: whether a wait can be until it. `data` are the parts of the event that conditions can ask about.
    """

    type: str
    section: str
    label: Message
    help: Message
    events: tuple[str, ...] = ()
    params: tuple[Param, ...] = ()
    awaited: bool = True
    data: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "type": self.type,
            "section": self.section,
            "label": str(self.label),
            "help": str(self.help),
            "events": list(self.events),
            "params": [param.to_json() for param in self.params],
            "awaited": self.awaited,
            "data": list(self.data),
        }
