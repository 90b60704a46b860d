"""What a rail is, and what it can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

METHODS = ("card", "mobile", "direct_debit")
# What a donor may have to give before a mandate begins (`Capabilities.needs`, fields of `Donor`).
NEEDS = ("msisdn", "email", "national_id", "bank_account", "iban")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A merchant's account with a provider, as its drawer sees it. `webhook_secrets`: the newest first; two while one
    is exchanged. `return_urls`: where the donor comes back to when a request names nothing of its own (`done`,
    `cancelled`), and where they see their agreement (`agreement`)."""

    id: UUID
    kind: str
    slug: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    webhook_secrets: Sequence[str] = ()
    webhook_url: str = ""
    return_urls: Mapping[str, str] = field(default_factory=dict)
    test: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOff:
    """Collections of a month are handed in by the `day` of the month before, at `hour` in `zone`; later ones go with
    the month after. `bank_days`: a day that is no bank day is moved to the one before."""

    day: int
    hour: int = 24
    zone: str = "Europe/Copenhagen"
    bank_days: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What can be had by one method of one account.

    - `recurring`, `single`, `one_off_start`: a mandate, a single payment, and the first payment with the mandate;
    - `native_pause`: the rail itself can hold a mandate; without it nothing is charged while on hold;
    - `change_amount`: a new amount without asking the donor again; `tell_changes`: the rail is to be told of it;
    - `pending_ttl`: so long the donor has after the beginning, which is therefore left until they open the link;
    - `min_lead_days`, `most_lead_days`: a charge is handed over so many days before it is due (calendar days, or bank
      days where `bank_days`); `cut_off`: and by this day of the month before;
    - `accept_bank_days`: so long the rail takes at the most to say yes after the donor has confirmed;
    - `most_charge`: the largest charge for a mandate of this amount, as a factor; 0 is any;
    - `max_retry_days`: for so many days the rail tries a charge again by itself;
    - `reinstatable`: a stopped mandate may come back by the debtor or the bank;
    - `refunds`, `partial_refunds`; `refund_days`: until so long after the charge, 0 for ever;
    - `back_days`: for so many days after a charge its money may go back without us, fetched by the payer's bank or
      given back at the rail itself, and the rail says so when it is asked; 0: it is not asked;
    - `needs`: what the donor must give first, of `NEEDS`; `needs_device`: they must go to the rail on a device of
      theirs, so that nothing can be completed on the caller's screen;
    - `currencies`: empty is any.
    """

    recurring: bool = True
    single: bool = True
    one_off_start: bool = False
    native_pause: bool = False
    change_amount: bool = True
    tell_changes: bool = False
    pending_ttl: timedelta | None = None
    min_lead_days: int = 0
    most_lead_days: int | None = None
    bank_days: bool = False
    cut_off: CutOff | None = None
    accept_bank_days: int = 0
    most_charge: int = 0
    max_retry_days: int = 0
    reinstatable: bool = False
    refunds: bool = True
    partial_refunds: bool = True
    refund_days: int = 0
    back_days: int = 0
    needs: frozenset[str] = frozenset()
    needs_device: bool = True
    currencies: frozenset[str] = frozenset()
