"""What the sandbox is like by each method, and the fates. Pure: when things happen is decided here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ringround.onboarding.gateways.port import Account, Capabilities, CutOff, Donor, InvalidData

# The fates, by the amount's last two digits or the metadata's `sandbox_fate`.
REJECTED, REFUSED, SILENT, SLOW, FAILS, LATE = "01", "02", "03", "04", "05", "06"
TWICE, REVERSED, FORGED, LOST, STOPPED = "07", "08", "09", "10", "11"
FATES = (REJECTED, REFUSED, SILENT, SLOW, FAILS, LATE, TWICE, REVERSED, FORGED, LOST, STOPPED)
ACCEPTED = "00"

A_WHILE = timedelta(seconds=60)
STOPPED_AFTER = timedelta(days=30)
# A donor who is never told when their link ends has so long.
PATIENCE = timedelta(days=1)
ZONE = ZoneInfo("Europe/Copenhagen")
# When banks and cards are asked on the day.
COLLECTED_AT = time(6)

CUT_OFF = CutOff(day=20)
SETTLE_DAYS = 2

# So long a card's payer, and by direct debit the payer's bank, may fetch their money back.
CARD_BACK_DAYS, DEBIT_BACK_DAYS = 120, 56

_CARD = Capabilities(one_off_start=True, needs_device=True, back_days=CARD_BACK_DAYS)
_MOBILE = Capabilities(
    one_off_start=True,
    change_amount=True,
    tell_changes=True,
    pending_ttl=timedelta(minutes=10),
    min_lead_days=2,
    needs=frozenset({"msisdn"}),
    needs_device=True,
    back_days=CARD_BACK_DAYS,
)


def capabilities(account: Account, method: str) -> Capabilities:
    """What the sandbox can by this method; ValueError where the account has it not."""
    if method not in methods(account):
        raise ValueError(method)
    if method == "card":
        return _CARD
    if method == "mobile":
        return _MOBILE
    return Capabilities(
        min_lead_days=1,
        bank_days=True,
        cut_off=CUT_OFF,
        accept_bank_days=days(account.settings, "accept_days", 0),
        reinstatable=True,
        back_days=DEBIT_BACK_DAYS,
        needs=frozenset({"national_id", "bank_account"}),
        needs_device=False,
    )


def methods(account: Account) -> tuple[str, ...]:
    """All of them, unless the settings name some."""
    named = account.settings.get("methods") or ()
    return tuple(one for one in ("card", "mobile", "direct_debit") if not named or one in named)


def days(settings: Mapping[str, Any], name: str, otherwise: int) -> int:
    value = settings.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise


def fate_of(amount: int | None, metadata: Mapping[str, str] | None = None) -> str:
    """Which fate: the metadata's before the amount's."""
    named = str((metadata or {}).get("sandbox_fate", ""))
    if named in FATES:
        return named
    last = f"{(amount or 0) % 100:02d}"
    return last if last in FATES else ACCEPTED


def answer_at(fate: str, *, now: datetime, expires_at: datetime | None, after_days: int = 0) -> tuple[str, datetime]:
    """What the donor does, and when: ("accept" | "reject" | "expire", moment)."""
    soon = now + timedelta(days=after_days)
    if fate == REJECTED:
        return "reject", soon
    if fate == SILENT:
        return "expire", expires_at or now + PATIENCE
    if fate == SLOW:
        return "accept", soon + A_WHILE
    if fate == LATE:
        return "accept", (expires_at or now + PATIENCE) + A_WHILE
    return "accept", soon


def collected_at(due_on: date, now: datetime) -> datetime:
    """When a charge is taken that is due on this date; now, where that was before."""
    return max(now, datetime.combine(due_on, COLLECTED_AT, ZONE))


def settled_at(due_on: date, after_days: int) -> datetime:
    """When the bank says what has become of it."""
    return datetime.combine(due_on + timedelta(days=after_days), COLLECTED_AT, ZONE)


def may_be_due(caps: Capabilities, due_on: date, now: datetime) -> None:
    """InvalidData when a charge is handed over too late for its date."""
    today = now.astimezone(ZONE).date()
    if due_on < today + timedelta(days=caps.min_lead_days):
        raise InvalidData("due_on", "too_soon", f"at least {caps.min_lead_days} days ahead")
    if caps.cut_off is None:
        return
    before = due_on.replace(day=1) - timedelta(days=1)
    if today > before.replace(day=min(caps.cut_off.day, before.day)):
        raise InvalidData("due_on", "past_cut_off", f"by the {caps.cut_off.day}. of the month before")


def given(caps: Capabilities, donor: Donor) -> None:
    """InvalidData for the first thing that the rail needs and the donor has not given."""
    for name in sorted(caps.needs):
        if not getattr(donor, name) and not (name == "bank_account" and donor.iban):
            raise InvalidData(f"donor.{name}", "required")
    if "national_id" in caps.needs and sum(one.isdecimal() for one in donor.national_id) not in (8, 10):
        raise InvalidData("donor.national_id", "bad_format")
    if "bank_account" in caps.needs and not donor.iban:
        digits = [one for one in donor.bank_account if one not in " -."]
        if not all(one.isdecimal() for one in digits) or not 5 <= len(digits) <= 14:
            raise InvalidData("donor.bank_account", "bad_format")


def instrument(method: str, donor: Donor) -> str:
    """What pays, masked as a real rail shows it."""
    end = "4242" if method == "card" else donor.msisdn if method == "mobile" else donor.bank_account or donor.iban
    return f"•••• {end[-4:]}"
