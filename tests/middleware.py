"""Middleware of tests: every test client would make its own, and there are thousands of clients."""

from __future__ import annotations

from typing import Any

# What a handler has of it.
PARTS = ("_view_middleware", "_template_response_middleware", "_exception_middleware", "_middleware_chain")


def made_once() -> None:
    """From now on all clients have the same, until a setting changes, for some read theirs when they are made.

    It changes by `override_settings` or pytest-django's `settings`. `monkeypatch.setattr(settings, …)` tells nobody:
    what a middleware has read at its making stays.
    """
    from django.core.signals import setting_changed
    from django.test.client import ClientHandler

    own = ClientHandler.load_middleware
    made: dict[str, Any] = {}

    def load(handler: ClientHandler, is_async: bool = False) -> None:
        if not made:
            own(handler, is_async)
            made.update({part: getattr(handler, part) for part in PARTS})
        for part in PARTS:
            setattr(handler, part, made[part])

    ClientHandler.load_middleware = load  # type: ignore[method-assign]
    setting_changed.connect(lambda **_: made.clear(), weak=False)
