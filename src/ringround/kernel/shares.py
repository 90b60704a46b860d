"""Sharing out a few places among many who wait: each organisation first, then each target of it. Plain Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Waiting:
    """A target with `ready` deliveries to send, or some `under_way`."""

    id: UUID
    org_id: UUID
    failing: bool
    ready: int
    under_way: int


def share_out(
    waiting: Sequence[Waiting], *, free: int, turns: Mapping[UUID, int], each: int, each_org: int
) -> dict[UUID, int]:
    """How many deliveries each target may send now. `turns` says of organisations and targets when they were last
    served: a greater number is later, none is never.

    1. Each free place goes to the organisation with the least under way; among equals to the one served longest ago.
       Within it, to the target by the same rule.
    2. None has more than its share: an organisation `each_org`, a target `each`, one that has just failed a single
       place, so that a dead target costs one connection and not all of them.

    A target that answers after 14 seconds keeps its own events waiting. With 16 places and 20 organisations of such
    targets, each has one place, and the four that have none come next, however much the others have in their queues.
    """
    busy: dict[UUID, int] = {}
    for one in waiting:
        busy[one.org_id] = busy.get(one.org_id, 0) + one.under_way
    given: dict[UUID, int] = {}
    served: dict[UUID, int] = {}
    for turn in range(free):
        open_ones = [
            one
            for one in waiting
            if given.get(one.id, 0) < one.ready
            and one.under_way + given.get(one.id, 0) < (1 if one.failing else each)
            and busy[one.org_id] < each_org
        ]
        if not open_ones:
            break
        chosen = min(
            open_ones,
            key=lambda one: (
                busy[one.org_id],
                served.get(one.org_id, -1),
                turns.get(one.org_id, -1),
                one.under_way + given.get(one.id, 0),
                turns.get(one.id, -1),
                one.id,
            ),
        )
        given[chosen.id] = given.get(chosen.id, 0) + 1
        busy[chosen.org_id] += 1
        served[chosen.org_id] = turn
    return given
