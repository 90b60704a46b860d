"""What `ringround doctor` looks at in this room."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ringround.infra.doctor import Finding, readable
from ringround.messaging.models import Transport


def transports(settings: Any) -> Iterable[Finding]:
    """Without their key no provider takes a message of ours."""
    kept = Transport.objects.exclude(secrets="").order_by("id").values_list("secrets", flat=True)
    return readable(settings, "transports' secrets", kept)


CHECKS = (transports,)
