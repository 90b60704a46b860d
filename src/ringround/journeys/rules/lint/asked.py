"""What is wrong with conditions, and with the parameters of nodes, triggers and settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ringround.journeys.rules.catalogue import PREFIXES, TRIGGERS, Param, field_of
from ringround.journeys.rules.conditions import COUNT_OPS, DEEPEST, MOST_PARTS, OPS
from ringround.journeys.rules.durations import Duration
from ringround.journeys.rules.lint.flaws import Flaws, Known
from ringround.journeys.rules.types import BAD_DURATION, BAD_PATH, MAX_LIST, WRONG_TYPE, is_value, outs, problems
from ringround.journeys.rules.values import moment, zone_of
from ringround.kernel.errors import Loc
from ringround.kernel.messages import N_, Message

_GROUPS = ("all", "any", "not", "path", "count")
_ZONE = zone_of({}, None)
_UNKNOWN_FIELD = N_("There is no such field here.")
# What refers to something else of the organisation: the collection of `Known`, and what is said where it is not in it.
_REFERENCES: dict[str, tuple[str, str, Message]] = {
    "campaign": ("campaigns", "unknown_campaign", N_("There is no such campaign.")),
    "user": ("users", "unknown_user", N_("There is no such user.")),
    "template": ("templates", "unknown_template", N_("There is no such template.")),
    "journey": ("journeys", "unknown_journey", N_("There is no such journey.")),
}


class Asker:
    """Checks what is asked for in one node, or in the journey itself; remembers how much there was of it."""

    def __init__(self, flaws: Flaws, known: Known) -> None:
        self.flaws = flaws
        self.known = known

    # --- parameters ---------------------------------------------------------------------------

    def params(self, specs: Sequence[Param], raw: object, node: str | None, loc: Loc) -> None:
        """Every parameter against what the catalogue says of it."""
        if raw is None:
            raw = {}
        if not isinstance(raw, Mapping):
            self.flaws.error("wrong_type", N_("Parameters are an object."), node=node, loc=loc)
            return
        named = {one.name: one for one in specs}
        for name in raw:
            if name not in named:
                self.flaws.error("unknown_field", _UNKNOWN_FIELD, node=node, loc=(*loc, str(name)[:100]))
        for param in specs:
            if not param.asked(raw, named):
                continue
            value = raw.get(param.name)
            if value is None or value == "" or value == []:
                if param.required and param.default is None:
                    self.flaws.error("required", N_("This is missing."), node=node, loc=(*loc, param.name))
                continue
            self.param(param, value, node, (*loc, param.name))

    def param(self, param: Param, value: Any, node: str | None, loc: Loc) -> None:
        match param.type:
            case "condition":
                self.condition(value, node, loc)
            case "event":
                self.event(value, node, loc)
            case "cases":
                self._cases(param, value, node, loc)
            case _:
                faults = list(problems(param, value))
                for where, code, text in faults:
                    self.flaws.error(code, text, node=node, loc=(*loc, *where))
                if not faults:
                    self._refers(param, value, node, loc)

    def _refers(self, param: Param, value: Any, node: str | None, loc: Loc) -> None:
        if param.type in ("path", "paths"):
            for path in value if isinstance(value, list) else [value]:
                self._own(path, node, loc)
            return
        if param.type == "campaign_map":
            for key, campaign in value.items():
                self._there("campaign", campaign, node, (*loc, key))
            return
        if param.type in _REFERENCES:
            self._there(param.type, value, node, loc)
        if param.type == "template" and param.of and self.known.templates is not None:
            channel = self.known.templates.get(value.lower())
            if channel is not None and channel != param.of:
                self.flaws.error("wrong_channel", N_("This template is of another channel."), node=node, loc=loc)

    def _there(self, kind: str, id: str, node: str | None, loc: Loc) -> None:
        name, code, text = _REFERENCES[kind]
        known = getattr(self.known, name)
        if known is not None and id.lower() not in known:
            self.flaws.error(code, text, node=node, loc=loc)

    def _own(self, path: str, node: str | None, loc: Loc) -> None:
        """A question of the form or a column, where those are known."""
        for prefix, known in (("lead.result.", self.known.answers), ("contact.fields.", self.known.columns)):
            if known is not None and path.startswith(prefix) and path[len(prefix) :] not in known:
                self.flaws.error("unknown_field", BAD_PATH, node=node, loc=loc)

    def _cases(self, param: Param, value: Any, node: str | None, loc: Loc) -> None:
        for where, code, text in outs(value, {"out", "label", "value", "when"}, param):
            self.flaws.error(code, text, node=node, loc=(*loc, *where))
        if not isinstance(value, list) or len(value) > MAX_LIST:
            return
        for index, one in enumerate(value):
            if not isinstance(one, Mapping):
                continue
            if (when := one.get("when")) is not None:
                self.condition(when, node, (*loc, index, "when"))
            elif (asked := one.get("value")) is None:
                self.flaws.error("required", N_("A case needs a value or a condition."), node=node, loc=(*loc, index))
            elif not (is_value(asked) or (isinstance(asked, list) and asked and all(map(is_value, asked)))):
                self.flaws.error("wrong_type", WRONG_TYPE, node=node, loc=(*loc, index, "value"))

    # --- events -------------------------------------------------------------------------------

    def event(self, raw: object, node: str | None, loc: Loc) -> None:
        """Something to be waited for or counted: `{"type", "params"}`."""
        if not isinstance(raw, Mapping):
            self.flaws.error("wrong_type", N_("Say what is to happen."), node=node, loc=loc)
            return
        for name in raw:
            if name not in ("type", "params"):
                self.flaws.error("unknown_field", _UNKNOWN_FIELD, node=node, loc=(*loc, str(name)[:100]))
        type = raw.get("type")
        kind = TRIGGERS.get(type) if isinstance(type, str) else None
        if kind is None or not kind.awaited:
            self.flaws.error("unknown_event", N_("This cannot be waited for."), node=node, loc=(*loc, "type"))
            return
        self.params(kind.params, raw.get("params"), node, (*loc, "params"))

    # --- conditions ---------------------------------------------------------------------------

    def condition(self, raw: object, node: str | None, loc: Loc) -> None:
        """A condition, however deep; past `DEEPEST` or `MOST_PARTS` it is not looked into further."""
        left = MOST_PARTS
        open: list[tuple[object, Loc, int]] = [(raw, loc, 0)]
        while open:
            one, where, depth = open.pop()
            left -= 1
            if depth > DEEPEST or left < 0:
                self.flaws.error(
                    "too_deep", N_("This condition is too large: divide it between several nodes."), node=node, loc=loc
                )
                return
            group = self._group(one, node, where)
            if group is None:
                continue
            assert isinstance(one, Mapping)
            if group == "not":
                open.append((one["not"], (*where, "not"), depth + 1))
            elif group in ("all", "any"):
                parts = one[group]
                if not isinstance(parts, list) or not parts:
                    self.flaws.error("required", N_("Give one condition at least."), node=node, loc=(*where, group))
                else:
                    open += [(part, (*where, group, i), depth + 1) for i, part in enumerate(parts[: MOST_PARTS + 1])]
            elif group == "count":
                self._count(one, node, where)
            else:
                self._comparison(one, node, where)

    def _group(self, one: object, node: str | None, loc: Loc) -> str | None:
        """Which of the shapes it is; None, and told, where it is none."""
        if not isinstance(one, Mapping):
            self.flaws.error("wrong_type", N_("A condition is an object."), node=node, loc=loc)
            return None
        groups = [name for name in _GROUPS if name in one]
        if len(groups) != 1:
            text = N_("A condition has a field, a count, or one of all, any and not.")
            self.flaws.error("bad_condition", text, node=node, loc=loc)
            return None
        group = groups[0]
        fields = {group, "op", "value"} if group in ("path", "count") else {group}
        for name in one:
            if name not in fields:
                self.flaws.error("unknown_field", _UNKNOWN_FIELD, node=node, loc=(*loc, str(name)[:100]))
        return group

    def _count(self, one: Mapping[str, Any], node: str | None, loc: Loc) -> None:
        asked = one["count"]
        if not isinstance(asked, Mapping):
            self.flaws.error("wrong_type", N_("Say what is to be counted."), node=node, loc=(*loc, "count"))
            return
        rest = {name: asked[name] for name in asked if name not in ("event", "within")}
        self.event({**rest, "type": asked.get("event")}, node, (*loc, "count"))
        if Duration.read(asked.get("within")) is None:
            self.flaws.error("bad_duration", BAD_DURATION, node=node, loc=(*loc, "count", "within"))
        if one.get("op") not in COUNT_OPS:
            self._bad_operator(node, loc)
        if type(one.get("value")) is not int:
            self.flaws.error(
                "wrong_type", N_("A count is compared with a whole number."), node=node, loc=(*loc, "value")
            )

    def _comparison(self, one: Mapping[str, Any], node: str | None, loc: Loc) -> None:
        path, op, value = one["path"], one.get("op"), one.get("value")
        field = field_of(path) if isinstance(path, str) and len(path) <= 500 else None
        if field is None:
            self.flaws.error("unknown_field", BAD_PATH, node=node, loc=(*loc, "path"))
        else:
            self._own(path, node, (*loc, "path"))
        if not isinstance(op, str) or op not in OPS:
            self._bad_operator(node, loc)
            return
        where = (*loc, "value")
        if op in ("within", "older_than"):
            if Duration.read(value) is None:
                self.flaws.error("bad_duration", BAD_DURATION, node=node, loc=where)
            return
        if op == "exists":
            if value is not None and not isinstance(value, bool):
                self.flaws.error("wrong_type", N_("Say true or false."), node=node, loc=where)
            return
        if op in ("in", "nin"):
            values = value if isinstance(value, list) else None
            if not values or len(values) > MAX_LIST:
                self.flaws.error("wrong_type", N_("Give a list of values."), node=node, loc=where)
                return
        else:
            values = [value]
        if value is None:
            self.flaws.error("required", N_("This is missing."), node=node, loc=where)
            return
        for one_value in values:
            self._value(field, op, one_value, node, where)

    def _value(self, field: Any, op: str, value: object, node: str | None, loc: Loc) -> None:
        if not is_value(value):
            self.flaws.error("wrong_type", WRONG_TYPE, node=node, loc=loc)
        elif field is None or field.path in PREFIXES:
            return
        elif field.options and op in ("eq", "ne", "in", "nin"):
            if not any(value == option.value for option in field.options):
                self.flaws.error("not_an_option", N_("This is not one of the choices."), node=node, loc=loc)
        elif field.kind == "moment" and moment(value, _ZONE) is None:
            self.flaws.error("bad_time", N_("Write a time as 2026-12-01T10:00:00+01:00."), node=node, loc=loc)

    def _bad_operator(self, node: str | None, loc: Loc) -> None:
        self.flaws.error("unknown_operator", N_("There is no such comparison."), node=node, loc=(*loc, "op"))
