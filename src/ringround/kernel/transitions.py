"""State machines as tables: what is legal is data, checked at import and drawn in the docs from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from ringround.kernel.errors import Conflict

S = TypeVar("S", bound=StrEnum)
C = TypeVar("C", bound=str)


@dataclass(frozen=True)
class Table(Generic[S, C]):
    """`{(state, command): state}`, with the states that a thing may be made in.

    Made with check() it is total: each state known, reachable, each command used; whatever is not
    in the table is refused with the states from which it would be legal.
    """

    moves: Mapping[tuple[S, C], S]
    initial: tuple[S, ...]

    def step(self, state: S, command: C, detail: object = "") -> S:
        """The state after `command`; raises Conflict `wrong_state` with the allowed states."""
        after = self.moves.get((state, command))
        if after is None:
            raise Conflict("wrong_state", detail, self.allowed(command))
        return after

    def can(self, state: S, command: C) -> bool:
        """Whether `command` is legal in `state`."""
        return (state, command) in self.moves

    def allowed(self, command: C) -> tuple[S, ...]:
        """The states from which `command` is legal, in the order of the table."""
        return tuple(state for state, of in self.moves if of == command)

    def commands(self, state: S) -> tuple[C, ...]:
        """The commands that are legal in `state`, in the order of the table."""
        return tuple(command for at, command in self.moves if at == state)

    @property
    def final(self) -> tuple[S, ...]:
        """States that nothing leads out of."""
        starts = {state for state, _ in self.moves}
        return tuple(state for state in self._states() if state not in starts)

    def check(self, states: type[S], commands: Iterable[C]) -> Table[S, C]:
        """The table itself, or ValueError: a state nobody reaches, a command nobody may give."""
        reached = set(self.initial)
        while more := {to for (at, _), to in self.moves.items() if at in reached and to not in reached}:
            reached |= more
        lost = [state for state in states if state not in reached]
        known = set(commands)
        unused = known - {command for _, command in self.moves}
        stray = {command for _, command in self.moves} - known
        if lost or unused or stray:
            raise ValueError(
                f"states not reached: {lost}; commands without a move: {sorted(unused)}; "
                f"commands not declared: {sorted(stray)}"
            )
        return self

    def mermaid(self) -> str:
        """The table as a Mermaid state diagram, commands between the same two states on one arrow."""
        arrows: dict[tuple[str, str], list[str]] = {}
        for state in self.initial:
            arrows[("[*]", state.value)] = []
        for (at, command), to in self.moves.items():
            arrows.setdefault((at.value, to.value), []).append(str(command))
        for state in self.final:
            arrows[(state.value, "[*]")] = []
        lines = ["stateDiagram-v2"]
        for (left, right), labels in arrows.items():
            label = f" : {', '.join(labels)}" if labels else ""
            lines.append(f"    {left} --> {right}{label}")
        return "\n".join(lines) + "\n"

    def _states(self) -> dict[S, None]:
        found = dict.fromkeys(self.initial)
        for (at, _), to in self.moves.items():
            found.setdefault(at)
            found.setdefault(to)
        return found
