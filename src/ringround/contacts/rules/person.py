"""What is known of a contact from its columns: what it is called, how it is found, where it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ringround.contacts.rules import registers
from ringround.contacts.rules.columns import Column, by_role, external, phones
from ringround.kernel.calendar import find_zone
from ringround.kernel.phones import known_region
from ringround.kernel.text import fold, sort_key

MAX_SEARCH = 1000  # characters kept for search; more is a text, not a name
_COUNTRIES = {
    "danmark": "DK", "denmark": "DK", "sverige": "SE", "sweden": "SE", "norge": "NO", "norway": "NO",
    "finland": "FI", "island": "IS", "iceland": "IS", "faeroeerne": "FO", "færøerne": "FO", "faroe islands": "FO",
    "groenland": "GL", "grønland": "GL", "greenland": "GL", "tyskland": "DE", "deutschland": "DE", "germany": "DE",
    "holland": "NL", "nederlandene": "NL", "netherlands": "NL", "the netherlands": "NL", "belgien": "BE",
    "belgium": "BE", "frankrig": "FR", "france": "FR", "spanien": "ES", "spain": "ES", "espana": "ES",
    "portugal": "PT", "italien": "IT", "italy": "IT", "italia": "IT", "oestrig": "AT", "østrig": "AT",
    "austria": "AT", "schweiz": "CH", "switzerland": "CH", "polen": "PL", "poland": "PL", "storbritannien": "GB",
    "england": "GB", "united kingdom": "GB", "great britain": "GB", "uk": "GB", "irland": "IE", "ireland": "IE",
    "usa": "US", "united states": "US", "united states of america": "US", "canada": "CA",
}  # fmt: skip


# Tuples, as rows are: an import makes millions of them.
class Number(NamedTuple):
    """A phone number of a contact as it is stored; `e164` is None where it is none."""

    position: int
    label: str
    e164: str | None
    written: str
    type: str
    valid: bool


class Known(NamedTuple):
    """What is kept beside the columns, so that lists, search and gates need not read JSON."""

    name: str
    sort_name: str
    search: str
    email: str
    timezone: str
    country: str
    place_key: int | None


class Person:
    """Reads contacts of one list; made once for its columns."""

    __slots__ = (
        "_address",
        "_address2",
        "_city",
        "_company",
        "_country",
        "_email",
        "_first",
        "_last",
        "_name",
        "_post_code",
        "_timezone",
        "columns",
        "external",
        "phones",
    )

    def __init__(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        self.phones = phones(columns)
        self.external = external(columns)
        self._name = _named(columns, "name")
        self._first = _named(columns, "first_name")
        self._last = _named(columns, "last_name")
        self._company = _named(columns, "company")
        self._email = _named(columns, "email")
        self._timezone = _named(columns, "timezone")
        self._country = _named(columns, "country")
        self._address = _named(columns, "address")
        self._address2 = _named(columns, "address2")
        self._post_code = _named(columns, "post_code")
        self._city = _named(columns, "city")

    def know(self, fields: Mapping[str, Any], external_id: str | None, numbers: Iterable[Number]) -> Known:
        """Name, search text and so on of these values (as JSON, by column name)."""
        name = self._called(fields)
        email = str(fields.get(self._email) or "").lower() if self._email else ""
        parts = [fold(name)] if name else []
        if self._company and (company := fields.get(self._company)) and company != name:
            parts.append(fold(str(company)))
        if external_id:
            parts.append(fold(external_id))
        if email:
            parts.append(email)
        for number in numbers:
            if number.e164 is not None:
                parts.append(number.e164[1:])
        zone = str(fields.get(self._timezone) or "") if self._timezone else ""
        return Known(
            name=name,
            sort_name=sort_key(name),
            search=" ".join(parts)[:MAX_SEARCH],
            email=email,
            timezone=zone if zone and find_zone(zone) is not None else "",
            country=country_code(str(fields.get(self._country) or "")) if self._country else "",
            place_key=registers.place_key(who) if (who := self._who(fields, name)) is not None else None,
        )

    def who(self, fields: Mapping[str, Any]) -> registers.Who | None:
        """Who these values are to a register by name and address; None where the list does not say."""
        return self._who(fields, self._called(fields))

    def _who(self, fields: Mapping[str, Any], name: str) -> registers.Who | None:
        if not name or self._address is None or not (address := fields.get(self._address)):
            return None
        more = fields.get(self._address2) if self._address2 else None
        post_code = fields.get(self._post_code) if self._post_code else None
        return registers.read(name, address, more, post_code, fields.get(self._city) if self._city else None)

    def where(self, fields: Mapping[str, Any]) -> tuple[str, str]:
        """(street, post code and city) of these values as they are written."""
        said = [str(fields.get(name) or "") if name else "" for name in
                (self._address, self._address2, self._post_code, self._city)]  # fmt: skip
        return ", ".join(filter(None, said[:2])), " ".join(filter(None, said[2:]))

    def _called(self, fields: Mapping[str, Any]) -> str:
        if self._name and (name := fields.get(self._name)):
            return str(name)
        first = fields.get(self._first) if self._first else None
        last = fields.get(self._last) if self._last else None
        if first and last:
            return f"{first} {last}"
        company = fields.get(self._company) if self._company else None
        return str(first or last or company or "")


def _named(columns: Iterable[Column], role: str) -> str | None:
    column = by_role(columns, role)
    return column.name if column is not None else None


def country_code(written: str) -> str:
    """ISO 3166 alpha-2 of a country as people write it; "" when it is none that is known."""
    text = written.strip()
    if len(text) == 2:
        return text.upper() if known_region(text.upper()) else _COUNTRIES.get(text.lower(), "")
    return _COUNTRIES.get(fold(text), "")
