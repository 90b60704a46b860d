"""Bank days of the countries, and what a rail's notice and cut-off make of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest

from ringround.onboarding.rules import bankdays
from ringround.onboarding.rules.bankdays import Notice

CPH = ZoneInfo("Europe/Copenhagen")
# Danmarks Nationalbank's own list, week-ends left out.
CLOSED_DK = {
    2026: ["01-01", "04-02", "04-03", "04-06", "05-14", "05-15", "05-25", "06-05", "12-24", "12-25", "12-31"],
    2027: ["01-01", "03-25", "03-26", "03-29", "05-06", "05-07", "05-17", "12-24", "12-31"],
}


def closed_weekdays(year: int, place: str) -> list[str]:
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(365)]
    return [f"{day:%m-%d}" for day in days if day.weekday() < 5 and not bankdays.is_bank_day(day, place)]


@pytest.mark.parametrize("year", [2026, 2027])
def test_danish_bank_days_are_those_of_the_national_bank(year: int) -> None:
    assert closed_weekdays(year, "DK") == CLOSED_DK[year]


def test_great_prayer_day_was_abolished_in_2024() -> None:
    assert not bankdays.is_bank_day(date(2023, 5, 5), "DK")
    assert bankdays.is_bank_day(date(2024, 4, 26), "DK")


def test_swedish_banks_are_closed_on_the_eves() -> None:
    closed = closed_weekdays(2026, "SE")
    assert {"06-19", "12-24", "12-31", "01-06"} <= set(closed)
    assert "04-02" not in closed


def test_norwegian_banks_are_closed_on_christmas_eve_and_open_on_new_years() -> None:
    closed = closed_weekdays(2026, "NO")
    assert {"12-24", "05-25", "05-01"} <= set(closed)
    assert "12-31" not in closed


@pytest.mark.parametrize("year", [2026, 2027, 2030])
def test_in_the_euro_the_closing_days_are_those_of_target(year: int) -> None:
    known = {day for day in holidays.financial_holidays("ECB", years=year) if day.weekday() < 5}
    assert closed_weekdays(year, "DE") == [f"{day:%m-%d}" for day in sorted(known)]


def test_a_country_without_a_list_has_its_public_holidays() -> None:
    assert not bankdays.is_bank_day(date(2026, 7, 3), "US")
    assert bankdays.is_bank_day(date(2026, 7, 2), "us")


def test_bank_days_are_counted_over_week_ends_and_holidays() -> None:
    assert bankdays.add_bank_days(date(2026, 12, 23), 1, "DK") == date(2026, 12, 28)
    assert bankdays.add_bank_days(date(2026, 12, 28), -1, "DK") == date(2026, 12, 23)
    assert bankdays.add_bank_days(date(2026, 12, 26), 0, "DK") == date(2026, 12, 26)
    assert bankdays.on_or_before(date(2026, 4, 6), "DK") == date(2026, 4, 1)


# --- notice -----------------------------------------------------------------------------------

CARD = Notice()
MOBILE = Notice(min_lead_days=2, most_lead_days=126)
DIRECT = Notice(cut_off_day=18, cut_off_hour=12, min_lead_days=5, bank_days=True)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CPH).astimezone(UTC)


@pytest.mark.parametrize(
    ("notice", "now", "first"),
    [
        (CARD, "2026-03-02T10:00", date(2026, 3, 2)),
        (CARD, "2026-03-02T23:59", date(2026, 3, 2)),
        (MOBILE, "2026-03-02T10:00", date(2026, 3, 4)),
        # Before the cut-off of 18 March the next month is possible, after it the one after that.
        (DIRECT, "2026-03-18T11:59", date(2026, 4, 1)),
        (DIRECT, "2026-03-18T12:00", date(2026, 5, 1)),
        # Within the month whose cut-off (18 February) was kept by nobody, nothing is possible.
        (DIRECT, "2026-03-02T10:00", date(2026, 4, 1)),
        # 18 April 2026 is a Saturday: the cut-off is the day before.
        (DIRECT, "2026-04-17T13:00", date(2026, 6, 1)),
        (DIRECT, "2026-04-17T11:00", date(2026, 5, 1)),
    ],
)
def test_the_first_date_keeps_notice_and_cut_off(notice: Notice, now: str, first: date) -> None:
    assert bankdays.earliest(at(now), CPH, notice) == first


def test_a_charge_is_handed_over_in_time_and_not_too_early() -> None:
    assert bankdays.hand_over_on(date(2026, 3, 2), CARD) == date(2026, 3, 2)
    assert bankdays.hand_over_by(date(2026, 4, 1), MOBILE) == date(2026, 3, 30)
    assert bankdays.hand_over_on(date(2026, 4, 1), MOBILE) == date(2026, 3, 27)
    assert bankdays.hand_over_by(date(2026, 4, 1), DIRECT) == date(2026, 3, 18)
    narrow = Notice(min_lead_days=2, most_lead_days=3)
    assert bankdays.hand_over_on(date(2026, 4, 1), narrow) == date(2026, 3, 29)


@dataclass(frozen=True)
class Cut:
    day: int = 20
    hour: int = 14
    zone: str = "Europe/Stockholm"
    bank_days: bool = False


@dataclass(frozen=True)
class Rail:
    min_lead_days: int = 3
    most_lead_days: int | None = 90
    bank_days: bool = True
    cut_off: Cut | None = None
    accept_bank_days: int = 4


def test_a_notice_is_read_from_a_rails_capabilities() -> None:
    assert Notice.of(Rail(), "SE") == Notice(
        place="SE", min_lead_days=3, most_lead_days=90, bank_days=True, accept_bank_days=4
    )
    cut = Notice.of(Rail(cut_off=Cut()), "SE")
    assert (cut.cut_off_day, cut.cut_off_hour, cut.cut_off_zone, cut.cut_off_bank_day) == (
        20, 14, "Europe/Stockholm", False,
    )  # fmt: skip
