"""Public holidays by country (`DK`) or subdivision (`DE-BY`), from the holidays library, cached."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from types import ModuleType

# The library's calendars of moon and Easter end; nothing is called in those years anyway.
_FIRST_YEAR, _LAST_YEAR = 1900, 2200


def is_holiday(place: str, day: date) -> bool:
    """Whether `day` is a public holiday of a country or subdivision; an unknown place has none."""
    return day in _holidays_of(place.upper(), day.year)


def knows_holidays(place: str) -> bool:
    """Whether the holidays of `place` (`DK`, `DE-BY`) are known, for checking a setting."""
    code, _, part = place.upper().partition("-")
    places = _places()
    return code in places and (not part or part in places[code])


def holiday_countries() -> tuple[str, ...]:
    """ISO 3166 alpha-2 of every country whose holidays are known, sorted."""
    return tuple(sorted(code for code in _places() if len(code) == 2))


def _library() -> ModuleType:
    # Here, as most processes never ask.
    import holidays

    return holidays


@lru_cache(maxsize=1)
def _places() -> dict[str, frozenset[str]]:
    listed = _library().list_supported_countries()
    return {code: frozenset(parts) for code, parts in listed.items()}


@lru_cache(maxsize=4096)
def _holidays_of(place: str, year: int) -> frozenset[date]:
    if not _FIRST_YEAR <= year <= _LAST_YEAR or not knows_holidays(place):
        return frozenset()
    code, _, part = place.partition("-")
    return frozenset(_library().country_holidays(code, subdiv=part or None, years=year))
