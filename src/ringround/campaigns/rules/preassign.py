"""Who is kept which lead before work starts: dealt out like cards, or named in a column or a file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from ringround.kernel.errors import Fault, Invalid
from ringround.kernel.messages import N_

STRATEGIES = ("none", "proportional", "column", "csv")
ORDERS = ("list", "random")
MAX_SEED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """How leads are pre-assigned. `seed` makes the random order the same each time; `column` is of the contact list."""

    strategy: str
    order: str = "list"
    seed: str | None = None
    column: str | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def read(*, strategy: object, order: object = "list", seed: object = None, column: object = None) -> Strategy:
    """The strategy as asked for, or Invalid with every fault."""
    faults = []
    if strategy not in STRATEGIES:
        faults.append(_option(("strategy",), STRATEGIES))
    if order not in ORDERS:
        faults.append(_option(("order",), ORDERS))
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, str | int) or len(str(seed)) > MAX_SEED):
        faults.append(Fault(("seed",), "wrong_type", N_("A seed is a number or a short text.")))
    named = column.strip() if isinstance(column, str) else ""
    if strategy == "column" and not named:
        faults.append(Fault(("column",), "required", N_("Name the column that holds the agent.")))
    if faults:
        raise Invalid(faults)
    return Strategy(
        strategy=str(strategy),
        order=str(order),
        seed=str(seed) if seed is not None else None,
        column=named if strategy == "column" else None,
    )


def _option(loc: tuple[str, ...], options: Sequence[str]) -> Fault:
    return Fault(loc, "not_an_option", N_("This is not one of the options."), {"options": list(options)})


def deal(leads: int, agents: Sequence[UUID], *, start: int = 0, seed: str | None = None) -> list[UUID]:
    """Who gets each of `leads` leads, the first of them being number `start` (from 0) in list order.

    Dealt round after round, each agent one in a round: shares are equal, and the remainder is one each. In random order
    each round is dealt in an order of its own, made of the seed; so any part of the list can be dealt by itself.
    Three agents, seven leads: A B C A B C A, or by seed perhaps B A C C B A B.
    """
    dealt: list[UUID] = []
    hand: Sequence[UUID] = agents
    dealt_round = -1
    for number in range(start, start + leads):
        this_round, place = divmod(number, len(agents))
        if seed is not None and this_round != dealt_round:
            hand, dealt_round = _shuffled(agents, seed, this_round), this_round
        dealt.append(hand[place])
    return dealt


def _shuffled(agents: Sequence[UUID], seed: str, this_round: int) -> list[UUID]:
    def rank(agent: UUID) -> bytes:
        return hashlib.blake2b(b"%d:" % this_round + agent.bytes, digest_size=8, key=_key(seed)).digest()

    return sorted(agents, key=rank)


def _key(seed: str) -> bytes:
    # blake2b takes a key of at most 64 bytes; a seed may be longer.
    return hashlib.blake2b(seed.encode("utf-8", "surrogatepass"), digest_size=32).digest()


def by_name(values: Sequence[object], people: Mapping[str, UUID]) -> list[UUID | None]:
    """Who each value names, by e-mail or external id; nobody where it names no agent of the campaign."""
    return [people.get(str(value).strip().casefold()) if value is not None else None for value in values]
