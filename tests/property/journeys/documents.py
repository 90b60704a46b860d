"""Journeys, leads and events by chance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from ringround.journeys.rules.catalogue import FIELDS, NODES, TRIGGERS, Param, outs_of
from ringround.journeys.rules.conditions import COUNT_OPS, OPS
from ringround.journeys.rules.values import Event

CAMPAIGN = "0190a000-0000-7000-8000-000000000001"
OTHER = "0190a000-0000-7000-8000-000000000002"
NOW = datetime(2026, 3, 27, 9, 0, tzinfo=UTC)  # the clocks go forward two days later
STATUSES = ("new", "automatic_redial", "common_redial", "private_redial", "success", "not_interested", "unqualified")
TYPES = sorted({type for kind in TRIGGERS.values() for type in kind.events})

json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
moments = st.integers(-500, 500).map(lambda n: NOW + timedelta(minutes=7 * n))
durations = st.builds(
    lambda n, unit: {"n": n, "unit": unit},
    st.integers(0, 40),
    st.sampled_from(["seconds", "minutes", "hours", "days", "weeks", "months"]),
)
scalars = st.sampled_from([*STATUSES]) | st.integers(-3, 9) | st.booleans() | st.just("Ikke nu")
paths = st.sampled_from([*FIELDS, "lead.result.why", "contact.fields.By", "event.data.to"])


@st.composite
def comparisons(draw: st.DrawFn) -> dict[str, Any]:
    path, op = draw(paths), draw(st.sampled_from(OPS))
    if op in ("within", "older_than"):
        value: Any = draw(durations)
    elif op == "exists":
        value = draw(st.booleans())
    else:
        options = FIELDS[path].options if path in FIELDS else ()
        one = scalars
        if options and op in ("eq", "ne", "in", "nin"):
            one = st.sampled_from([option.value for option in options])
        elif path in FIELDS and FIELDS[path].kind == "moment":
            one = moments.map(datetime.isoformat)
        value = draw(st.lists(one, min_size=1, max_size=3)) if op in ("in", "nin") else draw(one)
    return {"path": path, "op": op, "value": value}


@st.composite
def counts(draw: st.DrawFn) -> dict[str, Any]:
    count = {"event": draw(st.sampled_from(["call_ended", "status_changed"])), "within": draw(durations)}
    return {"count": count, "op": draw(st.sampled_from(COUNT_OPS)), "value": draw(st.integers(0, 3))}


conditions = st.recursive(
    comparisons() | counts(),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts})
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts})
        | inner.map(lambda part: {"not": part})
    ),
    max_leaves=4,
)
# What happens by itself: asked again whenever an event of the lead comes.
asked_again = st.sampled_from(STATUSES).map(lambda value: {"path": "lead.status", "op": "eq", "value": value})


def value_of(param: Param) -> st.SearchStrategy[Any]:
    """Any value that the parameter takes."""
    match param.type:
        case "duration":
            return durations
        case "condition":
            return conditions
        case "int":
            return st.integers(param.least or 0, min(param.most or 5, (param.least or 0) + 4))
        case "int_or_max":
            return st.just("max") | st.integers(1, 4)
        case "bool":
            return st.booleans()
        case "choice":
            return st.sampled_from([option.value for option in param.options])
        case "choices":
            return st.lists(st.sampled_from([option.value for option in param.options]), min_size=1, max_size=4)
        case "path":
            named = {"moment": ["lead.next_contact_at", "lead.expires_at", "contact.fields.Dato"]}
            named |= {"settable": ["lead.result.why", "contact.fields.By"]}
            return st.sampled_from(named[param.of]) if param.of in named else paths
        case "paths":
            named = {"changing": ["lead.owner", "lead.result.why", "contact.fields.By"]}
            return st.lists(st.sampled_from(named[param.of]) if param.of in named else paths, min_size=1, max_size=3)
        case "event":
            return st.builds(
                lambda type: {"type": type, "params": {}},
                st.sampled_from(["call_ended", "status_changed", "message_opened", "callback_scheduled"]),
            )
        case "cases":
            return st.lists(conditions, min_size=1, max_size=3).map(
                lambda found: [{"out": f"c{n}", "when": one} for n, one in enumerate(found)]
            )
        case "weights":
            return st.lists(st.integers(0, 5), min_size=1, max_size=3).map(
                lambda found: [{"out": f"p{n}", "weight": one + (n == 0)} for n, one in enumerate(found)]
            )
        case "value":
            return scalars
        case "texts":
            return st.just(["JA"])
        case "ints":
            return st.lists(st.integers(1, 31), min_size=1, max_size=2)
        case _:
            return st.just(_FIXED[param.type])


_FIXED: dict[str, Any] = {
    "text": "x", "long_text": "x", "time": "10:00", "moment": "2026-04-01T10:00:00+02:00", "name": "told",
    "url": "https://example.org/", "zone": "Europe/Copenhagen", "quiet_hours": {"from": "21:00", "to": "08:00"},
    "campaign_map": {OTHER: OTHER}, "mapping": {"a": "b"}, "campaign": OTHER, "user": OTHER, "template": OTHER,
    "journey": OTHER,
}  # fmt: skip


@st.composite
def params_of(draw: st.DrawFn, specs: tuple[Param, ...]) -> dict[str, Any]:
    return {
        one.name: draw(value_of(one))
        for one in specs
        if one.required or one.shown_if is not None or draw(st.booleans())
    }


@st.composite
def documents(draw: st.DrawFn, loops: bool = True) -> dict[str, Any]:
    """A journey that is good but for its loops, of which it may have any."""
    size = draw(st.integers(1, 7))
    ids = [f"n{i}" for i in range(size)]
    nodes = []
    for i, id in enumerate(ids):
        kind = NODES[draw(st.sampled_from(sorted(NODES)))]
        params = draw(params_of(kind.params))
        if kind.type == "wait_until" and "timeout" not in params:
            params["condition"] = draw(asked_again)
        if params.get("method") == "get":
            params.pop("send", None)
        going = {}
        for out in outs_of(kind.type, params):
            to = draw(st.sampled_from([None, *(ids if loops else ids[i + 1 :])]))
            if to is not None:
                going[out] = to
        nodes.append({"id": id, "type": kind.type, "params": params, "next": going})
    trigger = TRIGGERS[draw(st.sampled_from(["status_changed", "call_ended", "lead_created", "callback_scheduled"]))]
    settings: dict[str, Any] = {"reentry": draw(st.sampled_from(["once", "after_exit", "always"]))}
    for name, strategy in (("exit_when", conditions), ("goal", conditions), ("max_age", durations)):
        if draw(st.integers(0, 3)) == 0:
            settings[name] = draw(strategy)
    return {
        "name": "x",
        "scope": {"campaigns": [CAMPAIGN]},
        "trigger": {"type": trigger.type, "params": {}},
        "entry": draw(st.none() | conditions),
        "settings": settings,
        "nodes": nodes,
        "start": "n0",
    }


@st.composite
def leads(draw: st.DrawFn) -> dict[str, Any]:
    status = draw(st.sampled_from(STATUSES))
    lead = {
        "status": status, "open": status in STATUSES[:4], "active": True, "attempts": draw(st.integers(0, 5)),
        "next_contact_at": draw(st.none() | moments), "expires_at": draw(st.none() | moments),
        "last_contacted_at": draw(st.none() | moments), "owner": draw(st.none() | st.just(OTHER)),
        "result": draw(st.dictionaries(st.just("why"), scalars)),
    }  # fmt: skip
    campaign = {"id": CAMPAIGN, "max_attempts": 5}
    contact = {"id": "c", "fields": draw(st.dictionaries(st.sampled_from(["By", "Dato"]), scalars))}
    return {"lead": lead, "contact": contact, "campaign": campaign, "zone": "Europe/Copenhagen"}


@st.composite
def happenings(draw: st.DrawFn) -> list[tuple[str, Event]]:
    """Events of two leads in the order of time."""
    found, at = [], NOW
    for _ in range(draw(st.integers(1, 8))):
        at += draw(st.sampled_from([timedelta(), timedelta(seconds=1), timedelta(hours=1), timedelta(days=3)]))
        type = draw(st.sampled_from(["campaigns.lead.status_changed", "campaigns.lead.attempted", *TYPES]))
        data = {
            "campaign": CAMPAIGN, "from": "new", "to": draw(st.sampled_from(STATUSES)), "outcome": "no_answer",
            "attempts": draw(st.integers(1, 5)), "channel": "email", "template": OTHER, "nth": 1,
            "fields": ["owner", "result"], "at": (at + timedelta(hours=draw(st.integers(-3, 30)))).isoformat(),
        }  # fmt: skip
        found.append((draw(st.sampled_from(["a", "b"])), Event(type, at, data)))
    return found
