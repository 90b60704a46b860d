"""Named places on a lower room's page that upper rooms fill; which ones, the wiring says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

Filler = Callable[..., str]

_slots: dict[str, list[tuple[int, Filler]]] = {}


def register(name: str, filler: Filler, *, order: int = 100) -> None:
    """`filler(request, **objects) -> html` is called where a template says `{% slot name … %}`."""
    entries = _slots.setdefault(name, [])
    if all(known is not filler for _order, known in entries):
        entries.append((order, filler))
        entries.sort(key=lambda entry: entry[0])


def clear() -> None:
    """Empty all slots (tests)."""
    _slots.clear()


def render(name: str, request: HttpRequest, **objects: Any) -> SafeString:
    """All fillers of the slot, in order. Each escapes what it draws, as a template does."""
    return mark_safe("".join(str(filler(request, **objects)) for _order, filler in _slots.get(name, ())))  # noqa: S308
