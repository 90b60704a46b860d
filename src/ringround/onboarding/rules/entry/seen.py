"""What an entry says, as dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ringround.kernel.errors import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a session's form is opened with. Texts are cleaned; ids "" where missing.

    `contact` is `{role: value}` without the national id, which is apart, for it goes nowhere unsealed. `amount` is in
    major units, since the currency is the product's. `agreement` has names of `agreed.FIELDS`. `test`: the sandbox's
    card was asked for. `notes`: what was left out, for the agent; their place is the parameter, and none has a value.
    """

    campaign: str = ""
    external_lead_id: str = ""
    subscription: str = ""
    contact: Mapping[str, str] = field(default_factory=dict)
    national_id: str = field(default="", repr=False)
    product: str = ""
    amount: Decimal | None = None
    agreement: Mapping[str, Any] = field(default_factory=dict)
    method: str = ""
    test: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Fault, ...] = ()
    # From a lead's contact: what the workflow does not ask for is no mistake of anybody's.
    own: bool = False

    def to_json(self) -> dict[str, Any]:
        """What a token carries; it holds personal data, so whoever makes one seals it. Notes stay behind."""
        return {
            "v": 1,
            "campaign": self.campaign,
            "external_lead_id": self.external_lead_id,
            "subscription": self.subscription,
            "contact": dict(self.contact),
            "national_id": self.national_id,
            "product": self.product,
            "amount": None if self.amount is None else str(self.amount),
            "agreement": dict(self.agreement),
            "method": self.method,
            "test": self.test,
            "metadata": dict(self.metadata),
            "own": self.own,
        }

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Entry:
        """From what `to_json` has written and somebody of ours has sealed."""
        said = {name: value for name, value in raw.items() if name != "v"}
        said["amount"] = None if said.get("amount") is None else Decimal(said["amount"])
        return cls(**said)


@dataclass(frozen=True, slots=True)
class Missing:
    """An id without which there is no session: the parameter, and a `Fault` that says why it is needed."""

    parameter: str
    why: Fault


@dataclass(frozen=True, slots=True)
class Stripped:
    """An address without the national id in it, and that id, for the one who can seal it."""

    address: str
    national_id: str = field(default="", repr=False)
