"""The live stream: tells open pages and API callers that something changed. Topics and ids only, never a value.

PostgreSQL NOTIFY -> one `Listener` in a web process -> `Hub` -> one `LiveStream` response per client, as SSE.
"""

from ringround.ui.live.hub import Hub
from ringround.ui.live.stream import LiveStream, Viewer

__all__ = ["Hub", "LiveStream", "Viewer"]
