"""Phone numbers: from what people write to E.164 and back, by Google's metadata (phonenumbers)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType
from phonenumbers import timezone as _timezone

from ringround.kernel.phone_plans import Plain, abroad, plan

# What a number is, as stored and shown; `mobile_or_fixed` where a country does not tell them apart
# (Denmark, the United States), `unknown` for numbers no plan assigns, that is for invalid ones.
KINDS = {
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "mobile_or_fixed",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.PREMIUM_RATE: "premium",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.PERSONAL_NUMBER: "personal",
    PhoneNumberType.PAGER: "pager",
    PhoneNumberType.UAN: "company",
    PhoneNumberType.VOICEMAIL: "voicemail",
    PhoneNumberType.UNKNOWN: "unknown",
}

MAX_WRITTEN = 64  # longer than any number with its decoration; the rest is a mistake, not a number
_MAX_DIGITS = 15  # E.164
_MIN_FOREIGN_DIGITS = 10

# Invisible things that spreadsheets and messengers leave around numbers: zero-width and
# direction marks, soft hyphen, byte order mark.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_QUOTES = "'\"`´\u2018\u2019\u201a\u201b"
# A number that a spreadsheet has stored as a float: 20123456.0. The scientific form (4.52E+09) has
# lost its last digits and is never read.
_FLOAT = re.compile(r"([+]?\d{5,15})[.,]0{1,2}", re.ASCII)
_SCIENTIFIC = re.compile(r"\d[.,]?\d*\s*[eE]\s*[+-]?\s*\d")
_TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")
# Written with spaces, 20 12 34 56 is a number and no date.
_DATE = re.compile(
    r"\d{1,2}([-./])\d{1,2}\1(?:\d{4}|\d{2})(?:[T ].*)?|\d{4}([-./])\d{1,2}\2\d{1,2}(?:[T ].*)?"
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d[- ]?\d{4}",  # a Danish national id
    re.ASCII,
)
_PHONE_SHAPE = re.compile(r"[+(]?[\d][\d ().\-/+]{4,26}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Phone:
    """A number that could be read. `valid` says whether a numbering plan assigns it."""

    written: str
    e164: str
    valid: bool
    kind: str  # a value of KINDS
    country: str  # ISO 3166 alpha-2, "" when it belongs to none (satellite, invalid)
    extension: str = ""

    @property
    def international(self) -> str:
        """`+45 20 12 34 56`."""
        return _formatted(self.e164)[0]

    @property
    def national(self) -> str:
        """`20 12 34 56`, as its own country writes it."""
        return _formatted(self.e164)[1]


def known_region(region: str) -> bool:
    """Whether `region` (ISO 3166 alpha-2, upper case) has a numbering plan."""
    return region in phonenumbers.SUPPORTED_REGIONS


def parse(written: object, region: str | None) -> Phone | None:
    """The number in `written`, read as somebody in `region` would; None when there is none in it.

    Also reads a bare country code (`4520123456`), `00`, `+45 (0)20…`, a spreadsheet's apostrophe,
    no-break spaces, floats (`20123456.0`) and digits of other scripts. More than 15 digits is None.
    """
    if not isinstance(written, str):
        if isinstance(written, bool) or not isinstance(written, (int, float)):
            return None
        written = f"{written:.0f}"
    if (plain := read_plain(written, region)) is not None:
        return Phone(written, plain.e164, True, KINDS[plain.kind], plain.region)
    text = _tidy(written)
    if not text:
        return None
    if text != written and (plain := read_plain(text, region)) is not None:
        return Phone(written, plain.e164, True, KINDS[plain.kind], plain.region)
    return _parse(written, text, region)


def read_plain(written: str, region: str | None) -> Plain | None:
    """A number that is written the plainest ways, nothing before or behind it: the half of `parse` that most cells of
    a file need; without a region, one with a plus. None says nothing of the others."""
    if not written:
        return None
    if region is None:
        return abroad(written)
    own = plan(region)
    return own.read(written) if own is not None else None


def _parse(written: str, text: str, region: str | None) -> Phone | None:
    """The long way, which knows everything."""
    bare = text.isdecimal()
    number, kind = _read(text, region)
    if kind == PhoneNumberType.UNKNOWN:
        # Second readings, each only where the first is no number of any plan, and each only when
        # it gives one that is: a wrong guess here would ring a stranger.
        if (zero := _TRUNK_ZERO.sub("", text)) != text:
            number, kind = _better((number, kind), _read(zero, region))
        elif bare and len(text) >= _MIN_FOREIGN_DIGITS and not text.startswith("0"):
            foreign = _read("+" + text, None)
            # Mobiles only: 4670… in a Danish list is a Swedish mobile, while ten digits that fit
            # some far country's landlines are more likely a slip of the finger.
            if foreign[1] in (
                PhoneNumberType.MOBILE,
                PhoneNumberType.FIXED_LINE_OR_MOBILE,
            ):
                number, kind = foreign
    if number is None:
        return None
    e164: str = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if len(e164) > _MAX_DIGITS + 1:
        return None
    valid = kind != PhoneNumberType.UNKNOWN
    return Phone(
        written=written,
        e164=e164,
        valid=valid,
        kind=KINDS[kind],
        country=_region_of(number) if valid else "",
        extension=number.extension or "",
    )


def timezones(e164: str) -> tuple[str, ...]:
    """The zones a number may be in, by libphonenumber's map; `()` when it does not know.

    Several for a mobile of a country with several zones: a caller must then be allowed in each.
    """
    return _facts(e164)[1]


def country(e164: str) -> str:
    """ISO 3166 alpha-2 of a number, "" when unknown."""
    return _facts(e164)[0]


def display(e164: str, viewer_region: str | None) -> str:
    """How a viewer in `viewer_region` reads a number: at home the national form, else with `+`."""
    international, national = _formatted(e164)
    return national if viewer_region and _facts(e164)[0] == viewer_region else international


def looks_like_phone(value: object, region: str | None) -> bool:
    """Whether a cell is likely a phone number, for finding phone columns in a file with no header.

    Stricter than parse(): dates, national ids and numbers of other lengths are not phones.
    """
    text = _shaped(value)
    phone = parse(text, region) if text else None
    return phone is not None and phone.valid


def may_be_phone(value: object, region: str | None) -> bool:
    """Whether a cell has a phone number's shape and length, though no plan may assign it: enough under a header that
    hints at one, beside a column that is one."""
    text = _shaped(value)
    if not text:
        return False
    try:
        return bool(phonenumbers.is_possible_number(phonenumbers.parse(text, region)))
    except NumberParseException:
        return False


def _shaped(value: object) -> str:
    text = _tidy(value) if isinstance(value, str) else ""
    return text if _PHONE_SHAPE.fullmatch(text) and not _DATE.fullmatch(text) else ""


def _tidy(written: str) -> str:
    text = written
    if not text.isascii():
        # NFKC turns no-break spaces, full-width digits and small plus signs into plain ones.
        text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
        if not text.isascii():
            text = "".join(str(unicodedata.decimal(ch)) if ch.isdecimal() else ch for ch in text)
    text = text.strip().lstrip(_QUOTES).rstrip(_QUOTES).strip()
    if len(text) > MAX_WRITTEN or _SCIENTIFIC.search(text):
        return ""
    if float_form := _FLOAT.fullmatch(text):
        return float_form[1]
    return text


_Reading = tuple[phonenumbers.PhoneNumber | None, int]


def _read(text: str, region: str | None) -> _Reading:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None, PhoneNumberType.UNKNOWN
    # number_type is UNKNOWN exactly when the number is not valid: one look-up gives both.
    return number, phonenumbers.number_type(number)


def _better(first: _Reading, second: _Reading) -> _Reading:
    return second if second[1] != PhoneNumberType.UNKNOWN else first


def _region_of(number: phonenumbers.PhoneNumber) -> str:
    region: str | None = phonenumbers.region_code_for_number(number)
    # "001" stands for world-wide services, which have no country.
    return region if region and region.isalpha() else ""


@lru_cache(maxsize=65_536)
def _facts(e164: str) -> tuple[str, tuple[str, ...]]:
    try:
        number = phonenumbers.parse(e164, None)
    except NumberParseException:
        return "", ()
    zones = _timezone.time_zones_for_number(number)
    return _region_of(number), tuple(z for z in zones if z != _timezone.UNKNOWN_TIMEZONE)


@lru_cache(maxsize=65_536)
def _formatted(e164: str) -> tuple[str, str]:
    try:
        number = phonenumbers.parse(e164, None)
    except NumberParseException:
        return e164, e164
    return (
        phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL),
        phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL),
    )
