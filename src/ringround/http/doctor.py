"""What `ringround doctor` looks at in this room."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ringround.http.models import Webhook
from ringround.infra.doctor import Finding, readable


def webhooks(settings: Any) -> Iterable[Finding]:
    """Without their key nothing can be signed, and nothing is sent."""
    kept = Webhook.objects.order_by("id").values_list("secret", "old_secret")
    return readable(settings, "webhooks' secrets", (one for pair in kept for one in pair if one))


CHECKS = (webhooks,)
