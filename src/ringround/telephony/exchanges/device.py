"""No exchange at all: the agent's own telephone dials a link, and the agent says what happened."""

from __future__ import annotations

import re

from ringround.telephony.ports import Capability, Order, Placed

# What a `tel:` link may carry without a local context (RFC 3966): a plus and digits.
_GLOBAL = re.compile(r"\+[1-9][0-9]{3,14}")


class Device:
    """Always there: nothing to connect to, nothing that can be down."""

    name = "device"
    capabilities: frozenset[Capability] = frozenset()

    def dial(self, order: Order) -> Placed:
        """The link that the agent's device opens."""
        if not _GLOBAL.fullmatch(order.number):
            raise ValueError("a number to dial is E.164")
        return Placed(link=f"tel:{order.number}")
