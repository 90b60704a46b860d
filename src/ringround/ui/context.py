"""What the frame of every page knows: theme, language, menu and who is looking."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from ringround.infra import clock
from ringround.ui import nav, ports
from ringround.ui.texts import texts

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "rr_theme"


def theme_of(request: HttpRequest) -> str:
    """The look this browser has chosen; `auto` follows the machine."""
    chosen = request.COOKIES.get(THEME_COOKIE, "auto")
    return chosen if chosen in THEMES else "auto"


def _url(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


class Frame:
    """Lazy: an error page or a fragment that shows no menu does not pay for one."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._sections: list[nav.Section] | None = None

    @property
    def theme(self) -> str:
        return theme_of(self._request)

    @property
    def themes(self) -> tuple[str, ...]:
        return THEMES

    @property
    def language(self) -> str:
        return get_language() or settings.LANGUAGE_CODE

    @property
    def languages(self) -> list[tuple[str, str]]:
        # Each language in its own words: whoever cannot read the page must find theirs.
        return [(str(code), {"da": "Dansk", "en": "English"}.get(code, str(name))) for code, name in settings.LANGUAGES]

    @property
    def identity(self) -> ports.Identity | None:
        return ports.identity(self._request)

    @property
    def sections(self) -> list[nav.Section]:
        if self._sections is None:
            self._sections = nav.sections(self._request)
        return self._sections

    @property
    def menu(self) -> list[nav.Section]:
        return [section for section in self.sections if section.key != "account"]

    @property
    def account(self) -> list[nav.Shown]:
        return [item for section in self.sections if section.key == "account" for item in section.items]

    @property
    def phone_bar(self) -> list[nav.Shown]:
        return [item for section in self.menu for item in section.items if item.phone][:4]

    @property
    def texts(self) -> dict[str, str]:
        return texts()

    @property
    def now(self) -> str:
        return clock.now().isoformat(timespec="milliseconds")

    @property
    def rendered_ms(self) -> str:
        # Real time, unlike `now`: the live stream sends again what has happened since this page was drawn.
        return str(int(clock.real_now().timestamp() * 1000))

    @property
    def path(self) -> str:
        return self._request.get_full_path()

    @property
    def home_url(self) -> str:
        return _url("home") or "/"

    @property
    def sign_out_url(self) -> str:
        return _url("account_logout")

    @property
    def sign_in_url(self) -> str:
        return _url("account_login")


def page(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `frame`, what stands around every page."""
    return {"frame": SimpleLazyObject(lambda: Frame(request))}
