"""Writing JSON."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.functional import Promise
from ninja.renderers import BaseRenderer
from pydantic import BaseModel

from ringround.kernel.messages import Message


def rfc3339(at: datetime) -> str:
    """UTC with milliseconds and `Z`: one form everywhere, so that callers may compare texts."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return rfc3339(value)
        case date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case UUID() | Message() | Promise() | Decimal():
            return str(value)
        case BaseModel():
            return value.model_dump()
        case Enum():
            return value.value
        case set() | frozenset() | tuple():
            return list(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def dumps(value: Any) -> bytes:
    """Compact UTF-8."""
    # Half a surrogate cannot be encoded; such text is refused on its way in, so this is only about not failing.
    return json.dumps(value, default=_plain, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


class Renderer(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return dumps(data)
