"""What a rail is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

Schedule = Literal["monthly", "quarterly", "half_yearly", "yearly", "single"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Donor:
    """Who pays, as far as the rail needs it. `msisdn` in E.164, `bank_account` as registration and account number."""

    name: str = ""
    msisdn: str = ""
    email: str = ""
    address: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""
    national_id: str = ""
    bank_account: str = ""
    iban: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOff:
    """A payment with the acceptance of a mandate. `reference`: its charge's id in hex."""

    reference: str
    amount: int
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateRequest:
    """A permission to collect. `amount`: what is agreed for each time, None where it is free; `most`: the largest the
    donor allows where it is free. `first_on`: when the first charge is promised. `expires_at`: when we give up."""

    reference: str
    method: str
    currency: str
    name: str
    amount: int | None = None
    most: int | None = None
    schedule: Schedule = "monthly"
    description: str = ""
    donor: Donor = field(default_factory=Donor)
    one_off: OneOff | None = None
    first_on: date | None = None
    expires_at: datetime | None = None
    return_url: str = ""
    cancel_url: str = ""
    language: str = "da"
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRequest:
    """One payment, taken as soon as the donor has accepted it."""

    reference: str
    method: str
    amount: int
    currency: str
    description: str
    donor: Donor = field(default_factory=Donor)
    expires_at: datetime | None = None
    return_url: str = ""
    cancel_url: str = ""
    language: str = "da"
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateChange:
    """What is new about a mandate; None is as it was."""

    currency: str
    amount: int | None = None
    most: int | None = None
    schedule: Schedule | None = None
    name: str | None = None
    description: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRequest:
    """A collection by a mandate. `reference`: the charge's id in hex, a new one for a new try of a retry plan.
    `retry_days`: for so long the rail may try by itself."""

    reference: str
    amount: int
    currency: str
    due_on: date
    description: str
    retry_days: int = 0
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """Money back. `amount`: this time's. `total`: of the whole charge."""

    reference: str
    amount: int
    currency: str
    total: int
    description: str
