"""What is wrong with the way through a journey: arrows, loops, what is never reached, long waits without a way out.

All of it in time that grows with the nodes and arrows, without recursion.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from ringround.journeys.rules.catalogue import NODES, events_of, outs_of
from ringround.journeys.rules.durations import Duration
from ringround.journeys.rules.lint.flaws import Flaws
from ringround.journeys.rules.values import split
from ringround.kernel.messages import N_

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
Arrow = tuple[str, str, str]  # from, by which arrow, to


def check_way(flaws: Flaws, nodes: Mapping[str, Mapping[str, Any]], start: str | None, settings: object) -> None:
    """`nodes` are those whose own shape is good, by id."""
    arrows = [
        (id, out, to)
        for id, node in nodes.items()
        for out, to in (node.get("next") or {}).items()
        if isinstance(to, str) and to in nodes
    ]
    reached = reach(start, arrows) if start in nodes else set(nodes)
    for id, node in nodes.items():
        if id not in reached:
            flaws.warn("unreachable", N_("Nothing leads here."), node=id)
        else:
            _open_arrows(flaws, id, node)
            if node["type"] == "wait_until" and not _asked_again(node):
                text = N_("Nothing that happens asks this condition again: say how long to wait at most.")
                flaws.error("never_asked", text, node=id, loc=("params", "timeout"))
            if not _leaves(settings) and _may_take(node) > HOUR:
                text = N_("A wait of more than an hour, and no condition that ends the run meanwhile.")
                flaws.warn("missing_exit_when", text, node=id)
    for id in circles(nodes, [one for one in arrows if not _slow(nodes[one[0]], one[1])]):
        flaws.error("loop_without_wait", N_("A loop needs a wait of a minute or more."), node=id)
    for id in circles(nodes, [one for one in arrows if (nodes[one[0]]["type"], one[1]) != ("goto", "again")]):
        text = N_("A loop needs a maximum: let it go back by the node *Go back*.")
        flaws.error("loop_without_maximum", text, node=id)


def _asked_again(node: Mapping[str, Any]) -> bool:
    """Whether a wait for a condition is woken: by its time, or by an event of one of the fields it asks about."""
    if _duration(node, "timeout") is not None:
        return True
    open: list[Any] = [(node.get("params") or {}).get("condition")]
    while open:
        one = open.pop()
        if not isinstance(one, Mapping):
            continue
        if "count" in one or (isinstance(one.get("path"), str) and events_of(split(one["path"]))):
            return True
        for name in ("all", "any"):
            parts = one.get(name)
            open += parts if isinstance(parts, list) else []
        open.append(one.get("not"))
    return False


def _leaves(settings: object) -> bool:
    return isinstance(settings, Mapping) and bool(settings.get("exit_when"))


def _open_arrows(flaws: Flaws, id: str, node: Mapping[str, Any]) -> None:
    """An arrow that is not drawn ends the run; of an action that is natural, of a wait or a branch hardly meant."""
    kind = NODES[node["type"]]
    if kind.group == "action":
        return
    optional = {out.name for out in kind.outs if out.optional}
    drawn = node.get("next") or {}
    for out in outs_of(node["type"], node.get("params")):
        if out not in optional and not drawn.get(out):
            flaws.warn("open_arrow", N_("This arrow leads nowhere: the run ends here."), node=id, loc=("next", out))


def reach(start: str | None, arrows: Iterable[Arrow]) -> set[str]:
    """Every node that can be come to."""
    onward: dict[str, list[str]] = {}
    for one, _, to in arrows:
        onward.setdefault(one, []).append(to)
    reached: set[str] = set()
    open = [] if start is None else [start]
    while open:
        id = open.pop()
        if id not in reached:
            reached.add(id)
            open += onward.get(id, ())
    return reached


def circles(nodes: Iterable[str], arrows: Iterable[Arrow]) -> list[str]:
    """One node of each circle that these arrows make (Tarjan's components, with a stack of its own)."""
    onward: dict[str, list[str]] = {id: [] for id in nodes}
    alone: set[str] = set()
    for one, _, to in arrows:
        onward[one].append(to)
        if one == to:
            alone.add(one)
    return [min(part) for part in components(onward) if len(part) > 1 or part[0] in alone]


def components(onward: Mapping[str, list[str]]) -> list[list[str]]:
    """Sets of nodes that can all be come to from one another."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    found: list[list[str]] = []
    for root in onward:
        if root in index:
            continue
        work: list[tuple[str, int]] = [(root, 0)]
        while work:
            id, at = work.pop()
            if at == 0:
                index[id] = low[id] = len(index)
                stack.append(id)
                on_stack.add(id)
            else:
                low[id] = min(low[id], low[onward[id][at - 1]])
            going = onward[id]
            while at < len(going):
                to = going[at]
                at += 1
                if to not in index:
                    work += [(id, at), (to, 0)]
                    break
                if to in on_stack:
                    low[id] = min(low[id], index[to])
            else:
                if low[id] == index[id]:
                    part: list[str] = []
                    while True:
                        last = stack.pop()
                        on_stack.discard(last)
                        part.append(last)
                        if last == id:
                            break
                    found.append(part)
    return found


def _duration(node: Mapping[str, Any], name: str) -> timedelta | None:
    params = node.get("params")
    found = Duration.read(params.get(name)) if isinstance(params, Mapping) else None
    return found.at_least if found is not None else None


def _slow(node: Mapping[str, Any], out: str) -> bool:
    """Whether a minute at least has passed when a run leaves this node by this arrow."""
    least: timedelta | None = None
    if node["type"] == "wait" and out == "next":
        least = _duration(node, "duration")
    elif node["type"] in ("wait_event", "wait_until") and out == "timeout":
        least = _duration(node, "timeout")
    elif node["type"] == "wait_time" and out == "next":
        return True  # met again in the same minute, it is for the next day
    return least is not None and least >= MINUTE


_LONG: Mapping[str, Callable[[Mapping[str, Any]], timedelta]] = {
    "wait": lambda node: _duration(node, "duration") or timedelta(),
    "wait_time": lambda node: timedelta(days=7),
    "wait_date": lambda node: timedelta(days=7),
    "wait_event": lambda node: _duration(node, "timeout") or timedelta(days=7),
    "wait_until": lambda node: _duration(node, "timeout") or timedelta(days=7),
    "wait_hours": lambda node: timedelta(days=1),
}


def _may_take(node: Mapping[str, Any]) -> timedelta:
    """How long a run may stand at this node, roughly."""
    take = _LONG.get(node["type"])
    return take(node) if take is not None else timedelta()
