"""The one port: `/live/*` is ASGI, everything else is Django as WSGI behind it.

Measured: synchronous Django serves about twice what its async views do, and one event loop holds hundreds of
streams that would each take a thread (docs/adr).
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import quote

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringround.config.settings")
# Django must be set up, by wsgi, before anything that has models is imported.
# isort: off
from ringround.config.wsgi import application as wsgi
from django.conf import settings

from ringround.ui.live import LiveStream
from ringround.config import wiring
from ringround.config.bridge import Pages
# isort: on

Scope = MutableMapping[str, Any]
_pages = Pages(wsgi, threads=settings.RINGROUND.web_threads)
_ASCII = bytes(range(128))
_live = LiveStream(auth=wiring.LIVE_AUTH, allowed=wiring.LIVE_ALLOWED)


async def application(
    scope: Scope,
    receive: Callable[[], Awaitable[Scope]],
    send: Callable[[Scope], Awaitable[None]],
) -> None:
    if scope["type"] == "lifespan":
        await _live.lifespan(scope, receive, send)
    elif scope["type"] == "http" and scope["path"].startswith("/live/"):
        await _live(scope, receive, send)
    elif scope["type"] == "http":
        await _pages(_for_wsgi(scope), receive, send)
    else:
        await send({"type": "websocket.close", "code": 1000})


def _for_wsgi(scope: Scope) -> Scope:
    """The request in what WSGI can say.

    - A header with `_` in its name would become the one with `-`: a caller's `X_Forwarded_For` passes proxies that see
      to `X-Forwarded-For`, and would be believed as theirs. No header of ours has one.
    - An address has ASCII alone; letters that were sent as they are are written as they should have been.
    """
    headers = [(name, value) for name, value in scope["headers"] if b"_" not in name]
    query = quote(scope["query_string"], safe=_ASCII)
    return {**scope, "headers": headers, "query_string": query.encode("ascii")}
