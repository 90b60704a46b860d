"""As the product's own: the stream is ASGI, the rest WSGI behind it. `POST /say?topic=…` stands for the relay."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

_pages = WSGIMiddleware(get_wsgi_application(), workers=4)

from ringround.ui.live import LiveStream, Viewer  # noqa: E402 - after Django is set up

live = LiveStream(
    auth=lambda scope: Viewer("u1", "o1"),
    allowed=lambda viewer, topic: True,
    # No database in the kitchen: the listener keeps trying, the hub is told directly.
    conninfo=lambda: "host=127.0.0.1 port=1 connect_timeout=1",
)


async def application(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.startup":
            pass
        live.hub.listening()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
    elif scope["path"] == "/say":
        query = parse_qs(scope["query_string"].decode())
        live.hub.publish(query["topic"][0], query.get("id", [""])[0])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})
    elif scope["path"].startswith("/live/"):
        await live(scope, receive, send)
    else:
        await _pages(scope, receive, send)
