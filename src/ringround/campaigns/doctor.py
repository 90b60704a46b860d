"""What `ringround doctor` looks at in this room: whether what is stored encrypted can be read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ringround.campaigns.headers import tokens_of
from ringround.campaigns.models import ExternalSite
from ringround.infra.doctor import Check, Finding, readable


def keys(settings: Any) -> Iterable[Finding]:
    """Without their key no external site that wants a sign-in is told anything."""
    stored = ExternalSite.objects.exclude(headers="").order_by("id").values_list("headers", flat=True)
    return readable(settings, "headers of external sites", [token for one in stored for token in tokens_of(one)])


CHECKS: list[Check] = [keys]
