"""The menu: rooms are named here by the wiring; a user sees what their permissions let them reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ringround.ui import ports

Text = str | Promise

# In the order in which they stand; `account` is the user's own menu, the rest is the side navigation.
SECTIONS: dict[str, Text] = {
    "work": "",
    "plan": _("Planning"),
    "onboarding": _("Onboarding"),
    "watch": _("Follow-up"),
    "settings": _("Settings"),
    "account": "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry. `permission` None is for everyone signed in; `badge(request)` gives a count or None."""

    key: str
    label: Text
    icon: str
    url_name: str
    permission: str | None = None
    section: str = "work"
    order: int = 100
    phone: bool = False
    badge: Callable[[HttpRequest], int | None] | None = None
    visible: Callable[[HttpRequest], bool] | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """An item as the template draws it."""

    key: str
    label: Text
    icon: str
    url: str
    active: bool
    phone: bool
    badge: int | None


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    label: Text
    items: tuple[Shown, ...]


_items: dict[str, Item] = {}


def register(*items: Item) -> None:
    """Put items into the menu; the same key again replaces it."""
    for item in items:
        if item.section not in SECTIONS:
            raise ValueError(f"There is no section {item.section}.")
        _items[item.key] = item


def clear() -> None:
    """Empty the menu (tests)."""
    _items.clear()


def _url(item: Item) -> str | None:
    # A room that is not wired has no URL; then it has no entry either.
    try:
        return reverse(item.url_name)
    except NoReverseMatch:
        return None


def sections(request: HttpRequest) -> list[Section]:
    """The menu of this request's user, section by section, without empty ones."""
    reachable: list[tuple[Item, str]] = []
    for item in sorted(_items.values(), key=lambda i: (i.order, i.key)):
        if item.permission is not None and not ports.allowed(request, item.permission):
            continue
        if item.visible is not None and not item.visible(request):
            continue
        url = _url(item)
        if url is not None:
            reachable.append((item, url))
    # The longest address that begins the current one is where we are: /contacts/ on /contacts/7/edit.
    here = max(
        (url for _item, url in reachable if request.path == url or request.path.startswith(url.rstrip("/") + "/")),
        key=len,
        default=None,
    )
    shown: dict[str, list[Shown]] = {key: [] for key in SECTIONS}
    for item, url in reachable:
        badge = item.badge(request) if item.badge else None
        shown[item.section].append(Shown(item.key, item.label, item.icon, url, url == here, item.phone, badge))
    return [Section(key, SECTIONS[key], tuple(items)) for key, items in shown.items() if items]


def items(request: HttpRequest) -> list[Shown]:
    """Every item of this request's user, in order."""
    return [item for section in sections(request) for item in section.items]
