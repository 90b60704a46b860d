"""Words and tones of states: each room says once how its states look, and every screen agrees."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise

Text = str | Promise

TONES = frozenset({"neutral", "accent", "info", "success", "warning", "danger"})

_kinds: dict[str, dict[str, tuple[str, Text]]] = {}


def add(kind: str, states: Mapping[str, tuple[str, Text]]) -> None:
    """`add("lead", {"new": ("info", _("New"))})`: each state's tone and word."""
    for state, (tone, _word) in states.items():
        if tone not in TONES:
            raise ValueError(f"{kind}.{state}: there is no tone {tone}")
    _kinds.setdefault(kind, {}).update(states)


def look(kind: str, state: object) -> tuple[str, Text]:
    """The tone and word of a state. An unknown one is a mistake in the room, and is said so."""
    try:
        return _kinds[kind][str(state)]
    except KeyError:
        raise LookupError(f"ui.tones knows no {kind}.{state}") from None


def words(kind: str) -> dict[str, Text]:
    """State to word, for filters and reports."""
    return {state: word for state, (_tone, word) in _kinds[kind].items()}
