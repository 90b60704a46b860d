"""Moments, spans and figures as people read them, in the active language and zone."""

from __future__ import annotations

import zoneinfo
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from django.utils import formats, timezone
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext
from django.utils.translation import gettext as _

from ringround.kernel.money import exponent

MINUTE_S = 60
HOUR_S = 3600
DAY_S = 24 * HOUR_S


def day_text(day: date, today: date) -> str:
    """`today`, `yesterday`, `tomorrow`, else the date; its year only where it is another."""
    near = {0: _("today"), -1: _("yesterday"), 1: _("tomorrow")}
    difference = (day - today).days
    if difference in near:
        return near[difference]
    if day.year == today.year:
        # Translators: a date format of Django for a day of this year, as "3 Nov".
        return _written(day, pgettext("day of this year", "j M"))
    # Translators: a date format of Django for a day of another year, as "3 Nov 2025".
    return _written(day, pgettext("day of another year", "j M Y"))


def date_text(day: date) -> str:
    """`22 November 2026`."""
    # Translators: a date format of Django for a day in full, as "3 November 2025".
    return _written(day, pgettext("day in full", "j F Y"))


def _written(day: date, pattern: str) -> str:
    return _kept(date(day.year, day.month, day.day), pattern, get_language())


@lru_cache(maxsize=4096)
def _kept(day: date, pattern: str, language: str | None) -> str:
    # A list tells the same few days a hundred times, and each of them is put together letter by letter.
    return formats.date_format(day, pattern)


def clock_text(moment: datetime) -> str:
    """`14:05`. Call centres work by the 24-hour clock, in both languages."""
    return moment.strftime("%H:%M")


def moment_text(moment: datetime, now: datetime, style: str = "auto") -> str:
    """A moment in its own zone; `now` decides what is today. Styles: auto, time, date, full, relative."""
    today = now.astimezone(moment.tzinfo).date()
    if style == "time":
        return clock_text(moment)
    if style == "date":
        return day_text(moment.date(), today)
    if style == "full":
        return f"{date_text(moment)} {clock_text(moment)}"
    if style == "relative":
        return relative_text(moment, now)
    if style != "auto":
        raise ValueError(f"There is no time style {style}.")
    if moment.date() == today:
        return clock_text(moment)
    return f"{day_text(moment.date(), today)} {clock_text(moment)}"


def relative_text(moment: datetime, now: datetime) -> str:
    """`3 min ago`, `in 2 h`; beyond a week the date."""
    seconds = (moment - now).total_seconds()
    span = abs(seconds)
    if span >= 7 * DAY_S:
        return moment_text(moment, now)
    if span < MINUTE_S:
        return _("now") if span < 10 else (_("in a moment") if seconds > 0 else _("just now"))
    if span < HOUR_S:
        words = _("{count} min").format(count=int(span // MINUTE_S))
    elif span < DAY_S:
        words = _("{count} h").format(count=int(span // HOUR_S))
    else:
        days = int(span // DAY_S)
        words = ngettext("{count} day", "{count} days", days).format(count=days)
    return (_("in {span}") if seconds > 0 else _("{span} ago")).format(span=words)


def duration_text(seconds: float, style: str = "words") -> str:
    """`1 h 04 min`, `4 min 30 s`, `12 s`; style `clock` gives `1:04:09` and `4:30`."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, HOUR_S)
    minutes, secs = divmod(rest, MINUTE_S)
    if style == "clock":
        return f"{hours}:{minutes:02}:{secs:02}" if hours else f"{minutes}:{secs:02}"
    if style != "words":
        raise ValueError(f"There is no duration style {style}.")
    if hours:
        return _("{hours} h {minutes} min").format(hours=hours, minutes=f"{minutes:02}")
    if minutes and secs:
        return _("{minutes} min {seconds} s").format(minutes=minutes, seconds=secs)
    if minutes:
        return _("{count} min").format(count=minutes)
    return _("{count} s").format(count=secs)


def number_text(value: float | int | Decimal | None, decimals: int | None = None) -> str:
    """`12.345` in Danish, `12,345` in English, rounded to the decimals; None is a dash."""
    if value is None:
        return "–"
    if decimals is not None:
        # Django cuts off what is beyond.
        value = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return formats.number_format(value, decimals, use_l10n=True, force_grouping=True)


def money_text(amount: int | None, currency: str) -> str:
    """Minor units as `DKK 1,250` or `DKK 99.50`, in Danish `1.250 kr.`; None is a dash."""
    if amount is None:
        return "–"
    decimals = exponent(currency)
    major = Decimal(amount).scaleb(-decimals)
    number = number_text(major, 0 if major == major.to_integral_value() else decimals)
    # Translators: what a Danish krone is called after a number.
    name = _("DKK") if currency == "DKK" else currency
    # Translators: an amount of money.
    return _("{currency} {number}").format(currency=name, number=number)


def percent_text(share: float | None, decimals: int = 0) -> str:
    """A share of 1 as `42 %`; None (nothing to divide by) is a dash."""
    if share is None:
        return "–"
    # Translators: a percentage.
    return _("{number} %").format(number=number_text(share * 100, decimals))


def in_zone(moment: datetime, zone: str | zoneinfo.ZoneInfo | None) -> datetime:
    """The moment in a zone by name; in the viewer's when the name is empty or unknown."""
    if isinstance(zone, str):
        try:
            zone = zoneinfo.ZoneInfo(zone) if zone else None
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            zone = None
    return timezone.localtime(moment, zone or timezone.get_current_timezone())


# Places with a name of their own in Danish, and zones that are called after what a place was called before.
_PLACES = {
    "America/Godthab": gettext_lazy("Nuuk"),
    "America/Scoresbysund": gettext_lazy("Ittoqqortoormiit"),
    "Atlantic/Azores": gettext_lazy("the Azores"),
    "Atlantic/Canary": gettext_lazy("the Canary Islands"),
    "Atlantic/Faeroe": gettext_lazy("the Faroe Islands"),
    "Atlantic/Faroe": gettext_lazy("the Faroe Islands"),
    "Europe/Athens": gettext_lazy("Athens"),
    "Europe/Belgrade": gettext_lazy("Belgrade"),
    "Europe/Brussels": gettext_lazy("Brussels"),
    "Europe/Bucharest": gettext_lazy("Bucharest"),
    "Europe/Copenhagen": gettext_lazy("Copenhagen"),
    "Europe/Kiev": gettext_lazy("Kyiv"),
    "Europe/Lisbon": gettext_lazy("Lisbon"),
    "Europe/Moscow": gettext_lazy("Moscow"),
    "Europe/Prague": gettext_lazy("Prague"),
    "Europe/Rome": gettext_lazy("Rome"),
    "Europe/Vienna": gettext_lazy("Vienna"),
    "Europe/Warsaw": gettext_lazy("Warsaw"),
    "Europe/Zurich": gettext_lazy("Zurich"),
}


def zone_text(zone: str) -> str:
    """The place of a zone: `America/New_York` -> `New York`."""
    return str(_PLACES.get(zone) or zone.rpartition("/")[2].replace("_", " "))
