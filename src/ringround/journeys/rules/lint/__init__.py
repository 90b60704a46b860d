"""Everything that is wrong with a document: total on any JSON, each flaw with its node and field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ringround.journeys.rules import document as documents
from ringround.journeys.rules.catalogue import NODES, SETTINGS, TRIGGERS, outs_of
from ringround.journeys.rules.document import Document
from ringround.journeys.rules.lint.asked import Asker
from ringround.journeys.rules.lint.flaws import NOTHING_KNOWN as NOTHING_KNOWN
from ringround.journeys.rules.lint.flaws import Flaw as Flaw
from ringround.journeys.rules.lint.flaws import Flaws
from ringround.journeys.rules.lint.flaws import Known as Known
from ringround.journeys.rules.lint.way import check_way
from ringround.journeys.rules.types import ID, is_id
from ringround.kernel.errors import Invalid
from ringround.kernel.messages import N_

_TOP = ("format", "name", "description", "scope", "trigger", "entry", "settings", "nodes", "start")
_NODE = ("id", "type", "params", "next", "title", "position")
_UNKNOWN_FIELD = N_("There is no such field here.")


@dataclass(frozen=True, slots=True)
class Checked:
    """What the linter found; `document` where there is no error among it."""

    flaws: tuple[Flaw, ...]
    document: Document | None

    @property
    def errors(self) -> list[Flaw]:
        return [one for one in self.flaws if one.level == "error"]

    @property
    def warnings(self) -> list[Flaw]:
        return [one for one in self.flaws if one.level == "warning"]

    def require(self) -> Document:
        """The document, or Invalid with every error."""
        if self.document is None:
            raise Invalid([one.fault() for one in self.errors])
        return self.document


def load(text: str | bytes) -> Checked | Any:
    """JSON from outside, or what is wrong with it as a `Checked` without a document."""
    flaws = Flaws()
    if len(text) > documents.MAX_BYTES:
        flaws.error("too_large", N_("A journey is at most %(kb)s kB.", kb=documents.MAX_BYTES // 1000))
        return Checked(tuple(flaws.found), None)
    try:
        return json.loads(text)
    except RecursionError:
        flaws.error("too_deep", N_("This is nested too deep."))
    except (ValueError, UnicodeDecodeError):
        flaws.error("bad_json", N_("This is not JSON."))
    return Checked(tuple(flaws.found), None)


def check_text(text: str | bytes, known: Known = NOTHING_KNOWN) -> Checked:
    """As `check`, from the text of a file or a body."""
    raw = load(text)
    return raw if isinstance(raw, Checked) else check(raw, known)


def check(raw: object, known: Known = NOTHING_KNOWN) -> Checked:
    """Everything wrong with a document, and the document where nothing is."""
    flaws = Flaws()
    if not isinstance(raw, Mapping):
        flaws.error("wrong_type", N_("A journey is an object."))
        return Checked(tuple(flaws.found), None)
    for name in raw:
        if name not in _TOP:
            flaws.error("unknown_field", _UNKNOWN_FIELD, loc=(str(name)[:100],))
    if raw.get("format", documents.FORMAT) != documents.FORMAT:
        flaws.error("unknown_format", N_("This is not a journey of this version."), loc=("format",))
    _texts(flaws, raw)
    _storable(flaws, raw)
    _scope(flaws, raw.get("scope"), known)
    asker = Asker(flaws, known)
    _trigger(asker, raw.get("trigger"))
    if raw.get("entry") is not None:
        asker.condition(raw["entry"], None, ("entry",))
    asker.params(SETTINGS, raw.get("settings"), None, ("settings",))
    nodes = _nodes(asker, raw.get("nodes"))
    if nodes is not None:
        start = raw.get("start")
        if not isinstance(start, str) or start not in nodes:
            flaws.error("bad_start", N_("Say with which node it begins."), loc=("start",))
            start = None
        check_way(flaws, nodes, start, raw.get("settings"))
    return Checked(tuple(flaws.found), None if flaws.errors else documents.read(raw))


def _texts(flaws: Flaws, raw: Mapping[str, Any]) -> None:
    name = raw.get("name")
    if not isinstance(name, str) or not name.strip():
        flaws.error("required", N_("Give the journey a name."), loc=("name",))
    elif len(name) > documents.MAX_NAME or "\0" in name:
        flaws.error("too_long", N_("At most %(limit)s characters.", limit=documents.MAX_NAME), loc=("name",))
    description = raw.get("description")
    if description is not None and not isinstance(description, str):
        flaws.error("wrong_type", N_("This is a text."), loc=("description",))
    elif description and (len(description) > documents.MAX_DESCRIPTION or "\0" in description):
        limit = documents.MAX_DESCRIPTION
        flaws.error("too_long", N_("At most %(limit)s characters.", limit=limit), loc=("description",))


def _storable(flaws: Flaws, raw: Mapping[str, Any]) -> None:
    """No text anywhere that a database or a page cannot hold: a zero byte, half a surrogate pair."""
    open: list[tuple[Any, tuple[str | int, ...]]] = [(raw, ())]
    while open:
        one, loc = open.pop()
        if isinstance(one, str):
            if "\0" in one or any("\ud800" <= letter <= "\udfff" for letter in one):
                flaws.error("bad_text", N_("This text holds a character that cannot be kept."), loc=loc)
                return
        elif isinstance(one, Mapping):
            # A name says where as far as it can be said; what is wrong with the name is told by its own turn.
            open += [(name, loc) for name in one]
            open += [(value, (*loc, str(name)[:100])) for name, value in one.items()]
        elif isinstance(one, list):
            open += [(value, (*loc, index)) for index, value in enumerate(one)]


def _scope(flaws: Flaws, raw: object, known: Known) -> None:
    campaigns = raw.get("campaigns") if isinstance(raw, Mapping) else None
    if isinstance(raw, Mapping):
        for name in raw:
            if name != "campaigns":
                flaws.error("unknown_field", _UNKNOWN_FIELD, loc=("scope", str(name)[:100]))
    if not isinstance(campaigns, list) or not campaigns:
        flaws.error("required", N_("Choose the campaigns that it is for."), loc=("scope", "campaigns"))
        return
    if len(campaigns) > documents.MAX_CAMPAIGNS:
        limit = documents.MAX_CAMPAIGNS
        flaws.error("too_many", N_("At most %(limit)s campaigns.", limit=limit), loc=("scope", "campaigns"))
        return
    for index, one in enumerate(campaigns):
        if not is_id(one):
            flaws.error("bad_id", N_("This is not an id."), loc=("scope", "campaigns", index))
        elif known.campaigns is not None and one.lower() not in known.campaigns:
            flaws.error("unknown_campaign", N_("There is no such campaign."), loc=("scope", "campaigns", index))


def _trigger(asker: Asker, raw: object) -> None:
    if not isinstance(raw, Mapping):
        asker.flaws.error("required", N_("Say what starts the journey."), loc=("trigger",))
        return
    for name in raw:
        if name not in ("type", "params"):
            asker.flaws.error("unknown_field", _UNKNOWN_FIELD, loc=("trigger", str(name)[:100]))
    type = raw.get("type")
    kind = TRIGGERS.get(type) if isinstance(type, str) else None
    if kind is None:
        asker.flaws.error("unknown_trigger", N_("There is no such trigger."), loc=("trigger", "type"))
        return
    asker.params(kind.params, raw.get("params"), None, ("trigger", "params"))


def _nodes(asker: Asker, raw: object) -> dict[str, Mapping[str, Any]] | None:
    """The nodes that can be looked at as a graph, by id; None where there is no graph."""
    flaws = asker.flaws
    if not isinstance(raw, list):
        flaws.error("wrong_type", N_("Nodes are a list."), loc=("nodes",))
        return None
    if not raw:
        flaws.error("required", N_("The journey does nothing yet."), loc=("nodes",))
        return None
    if len(raw) > documents.MAX_NODES:
        flaws.error("too_many", N_("At most %(limit)s nodes.", limit=documents.MAX_NODES), loc=("nodes",))
        return None
    nodes: dict[str, Mapping[str, Any]] = {}
    for index, one in enumerate(raw):
        id = one.get("id") if isinstance(one, Mapping) else None
        if not isinstance(id, str) or not ID.fullmatch(id):
            flaws.error("bad_id", N_("A node needs an id of letters and digits."), loc=("nodes", index, "id"))
        elif id in nodes:
            flaws.error("duplicate", N_("There are two nodes of this id."), node=id, loc=("id",))
        elif isinstance(one, Mapping):
            nodes[id] = one
    good = {id: node for id, node in nodes.items() if _node(asker, id, node)}
    for id, node in good.items():
        _arrows(flaws, id, node, nodes)
    return good


def _node(asker: Asker, id: str, node: Mapping[str, Any]) -> bool:
    """Whether it can be a part of the graph: its type is known, its arrows are an object."""
    flaws = asker.flaws
    for name in node:
        if name not in _NODE:
            flaws.error("unknown_field", _UNKNOWN_FIELD, node=id, loc=(str(name)[:100],))
    title = node.get("title")
    if title is not None and (not isinstance(title, str) or len(title) > documents.MAX_NAME or "\0" in title):
        flaws.error("bad_text", N_("A text that is not too long."), node=id, loc=("title",))
    if not _placed(node.get("position")):
        flaws.error("wrong_type", N_("A position is two numbers, x and y."), node=id, loc=("position",))
    type = node.get("type")
    kind = NODES.get(type) if isinstance(type, str) else None
    if kind is None:
        flaws.error("unknown_node", N_("There is no such node."), node=id, loc=("type",))
    else:
        asker.params(kind.params, node.get("params"), id, ("params",))
        if type == "branch":
            _branch(flaws, id, node.get("params"))
        if type == "call_url":
            _call(flaws, id, node.get("params"))
    going = node.get("next")
    if going is not None and not isinstance(going, Mapping):
        flaws.error("wrong_type", N_("Arrows are an object."), node=id, loc=("next",))
        return False
    return kind is not None


def _branch(flaws: Flaws, id: str, params: object) -> None:
    """Cases by value need the field whose value it is."""
    cases = params.get("cases") if isinstance(params, Mapping) and not params.get("field") else None
    for one in cases if isinstance(cases, list) else []:
        if isinstance(one, Mapping) and one.get("when") is None and one.get("value") is not None:
            text = N_("Say by which field the cases are told apart.")
            flaws.error("required", text, node=id, loc=("params", "field"))
            return


def _call(flaws: Flaws, id: str, params: object) -> None:
    """Fields are sent in the body, which a GET has not; and what is personal goes into no address."""
    if isinstance(params, Mapping) and params.get("method") == "get" and params.get("send"):
        text = N_("With GET no fields are sent. Choose POST or PUT, or leave the fields out.")
        flaws.error("not_sent", text, node=id, loc=("params", "send"))


def _placed(raw: object) -> bool:
    if raw is None:
        return True
    if not isinstance(raw, Mapping) or set(raw) != {"x", "y"}:
        return False
    return all(isinstance(one, int | float) and not isinstance(one, bool) and -1e7 < one < 1e7 for one in raw.values())


def _arrows(flaws: Flaws, id: str, node: Mapping[str, Any], nodes: Mapping[str, object]) -> None:
    outs = outs_of(node["type"], node.get("params"))
    for out, to in (node.get("next") or {}).items():
        loc = ("next", str(out)[:100])
        if out not in outs:
            # Of a kind of its own: the arrow of a case that was taken away.
            flaws.error("unknown_arrow", N_("The node has no such arrow."), node=id, loc=loc)
        elif to is not None and (not isinstance(to, str) or to not in nodes):
            flaws.error("dangling_arrow", N_("This arrow leads to a node that is not there."), node=id, loc=loc)
