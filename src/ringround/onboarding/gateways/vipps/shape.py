"""What an account with Vipps MobilePay is set up with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ringround.kernel.errors import Fault
from ringround.kernel.shape import Shape, need

SETTINGS = ("client_id", "merchant_serial_number", "agreement_url", "pricing", "test", "url")
SECRETS = ("client_secret", "subscription_key")


def check(settings: Mapping[str, Any], secrets: Mapping[str, str]) -> list[Fault]:
    """What is wrong with these settings. What travels in headers has plain letters and signs."""
    shape = Shape(settings)
    for name in ("client_id", "merchant_serial_number"):
        shape.text(name, required=True, plain=True)
    shape.url("agreement_url", required=True)
    shape.url("url")
    shape.text("pricing", options=("fixed", "variable"))
    shape.truth("test")
    return shape.done() + need(secrets, *SECRETS, plain=True)
