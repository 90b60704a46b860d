"""The exchanges that are served, by name. Each is a drawer of its own."""

from __future__ import annotations

from ringround.kernel.errors import NotFound
from ringround.telephony.exchanges.device import Device
from ringround.telephony.ports import Exchange

DEFAULT = "device"
SERVED: dict[str, Exchange] = {DEFAULT: Device()}


def get(name: str) -> Exchange:
    """The exchange by its name."""
    try:
        return SERVED[name]
    except KeyError:
        raise NotFound("exchange") from None
