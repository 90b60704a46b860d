"""The short way to a number: one numbering plan, compiled once, for the plainest ways of writing.

`phonenumbers` looks for letters, extensions, carriers and trunk codes in every number; a file of a million rows has
hardly any. This reads only what can be nothing else, and leaves everything else to it. A property test holds the two
against each other. What is read here:

1. digits with single spaces or hyphens between them, perhaps a plus before them;
2. of a region that has its calling code to itself, and whose trunk prefix is `0` or none;
3. that are, once the calling code or the trunk zero is taken off, a number the plan assigns.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberType

_PLAIN = re.compile(r"\+?\d+(?:[ -]\d+)*", re.ASCII)
_MOST = 16  # the plus and 15 digits
_SIGNS = str.maketrans("", "", "+ -")
# In the order in which the library asks: what is premium is not asked whether it is a mobile, too.
_SPECIAL = (
    ("premium_rate", PhoneNumberType.PREMIUM_RATE),
    ("toll_free", PhoneNumberType.TOLL_FREE),
    ("shared_cost", PhoneNumberType.SHARED_COST),
    ("voip", PhoneNumberType.VOIP),
    ("personal_number", PhoneNumberType.PERSONAL_NUMBER),
    ("pager", PhoneNumberType.PAGER),
    ("uan", PhoneNumberType.UAN),
    ("voicemail", PhoneNumberType.VOICEMAIL),
)


class Plain(NamedTuple):
    """A number that was read the short way; it is valid."""

    e164: str
    kind: int  # a PhoneNumberType
    region: str


class _Desc:
    """One kind of number of a plan."""

    def __init__(self, described: phonenumbers.PhoneNumberDesc) -> None:
        self.lengths = frozenset(described.possible_length)
        self.pattern = described.national_number_pattern or ""
        self._match = re.compile(self.pattern).fullmatch

    def same_as(self, other: _Desc) -> bool:
        return (self.pattern, self.lengths) == (other.pattern, other.lengths)

    def fits(self, digits: str) -> bool:
        return (not self.lengths or len(digits) in self.lengths) and self._match(digits) is not None


class Plan:
    """The numbers of one region."""

    def __init__(self, region: str, data: PhoneMetadata, every: phonenumbers.PhoneNumberDesc) -> None:
        self.region, self.code = region, str(data.country_code)
        self._plus = f"+{self.code}"
        self._trunk = data.national_prefix_for_parsing is not None
        self._abroad = re.compile(data.international_prefix).match if data.international_prefix else None
        # Where it is anything else, or one of several, a number that is dialled abroad is left to the library.
        self._abroad_00 = data.international_prefix == "00"
        self._fits = _Desc(every).fits
        self._special = [
            (found, kind) for name, kind in _SPECIAL if (found := _described(getattr(data, name))) is not None
        ]
        self._fixed, self._mobile = _described(data.fixed_line), _described(data.mobile)
        self._same = bool(data.same_mobile_and_fixed_line_pattern)
        fixed, mobile = self._fixed, self._mobile
        self._alike = fixed is not None and mobile is not None and fixed.same_as(mobile)
        self._at_once = self._in_one()

    def read(self, text: str) -> Plain | None:
        """The number, or None for what is not for here."""
        if text.isascii() and text.isdecimal():
            digits = text
        elif _PLAIN.fullmatch(text) is not None:
            digits = text.translate(_SIGNS)
            if text[0] == "+":
                return self._foreign(digits)
        else:
            return None
        if digits[0] == "0":
            if self._abroad_00 and digits.startswith("00"):
                return self._foreign(digits[2:])
            if not self._trunk or (self._abroad is not None and self._abroad(digits)):
                return None
            return self._national(digits[1:])
        if self._abroad is not None and not self._abroad_00 and self._abroad(digits):
            return None
        if self._fits(digits):
            return self._assigned(digits)
        return self._national(digits[len(self.code) :]) if digits.startswith(self.code) else None

    def _national(self, digits: str) -> Plain | None:
        """A number without what stands before it."""
        return self._assigned(digits) if digits[:1] != "0" and self._fits(digits) else None

    def _assigned(self, digits: str) -> Plain | None:
        kind, e164 = self._kind(digits), self._plus + digits
        # Germany's plan has numbers that are longer than E.164 allows.
        return Plain(e164, kind, self.region) if kind != PhoneNumberType.UNKNOWN and len(e164) <= _MOST else None

    def _foreign(self, digits: str) -> Plain | None:
        """A number with its calling code, perhaps another region's."""
        if digits.startswith(self.code):
            return self._national(digits[len(self.code) :])
        return _anywhere(digits)

    def _in_one(self) -> re.Pattern[str] | None:
        """All kinds as one pattern, whose group says which: the first that fits, as the library asks."""
        kinds = [(described.pattern, f"k{number}") for number, (described, _kind) in enumerate(self._special)]
        kinds += [(one.pattern, name) for one, name in ((self._fixed, "fixed"), (self._mobile, "mobile")) if one]
        found = re.compile("|".join(f"(?P<{name}>{pattern})" for pattern, name in kinds)) if kinds else None
        # A pattern with a group of its own would be told instead of its kind.
        return found if found is not None and found.groups == len(kinds) else None

    def _kind(self, national: str) -> int:
        if self._at_once is None or (found := self._at_once.fullmatch(national)) is None:
            return self._kind_by_steps(national)
        name = found.lastgroup
        if name == "fixed":
            described, both = self._fixed, self._same
            if not both and self._mobile is not None:
                both = self._alike or self._mobile.fits(national)
            kind = PhoneNumberType.FIXED_LINE_OR_MOBILE if both else PhoneNumberType.FIXED_LINE
        elif name == "mobile":
            described, kind = self._mobile, PhoneNumberType.UNKNOWN if self._same else PhoneNumberType.MOBILE
        else:
            described, kind = self._special[int(str(name)[1:])]
        assert described is not None
        # Of a length that this kind has not, the next that fits decides.
        if described.lengths and len(national) not in described.lengths:
            return self._kind_by_steps(national)
        return kind

    def _kind_by_steps(self, national: str) -> int:
        for described, kind in self._special:
            if described.fits(national):
                return kind
        mobile = self._mobile is not None and self._mobile.fits(national)
        if self._fixed is not None and self._fixed.fits(national):
            both = self._same or mobile
            return PhoneNumberType.FIXED_LINE_OR_MOBILE if both else PhoneNumberType.FIXED_LINE
        return PhoneNumberType.MOBILE if mobile and not self._same else PhoneNumberType.UNKNOWN


def abroad(text: str) -> Plain | None:
    """A number with a plus before it, of whatever region; None for what is not for here."""
    return _anywhere(text.translate(_SIGNS)) if text[0] == "+" and _PLAIN.fullmatch(text) is not None else None


def _anywhere(digits: str) -> Plain | None:
    """A number with its calling code. No code is the beginning of another."""
    found = next((plan for end in (1, 2, 3) if (plan := _of_code(digits[:end])) is not None), None)
    return found._national(digits[len(found.code) :]) if found is not None else None


@cache
def _of_code(code: str) -> Plan | None:
    """The plan of the one region with this calling code."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code), ()) if code else ()
    return plan(regions[0]) if len(regions) == 1 and str(int(code)) == code else None


@cache
def plan(region: str) -> Plan | None:
    """The plan of a region whose numbers can be read the short way, else None."""
    data = PhoneMetadata.metadata_for_region(region, None)
    if data is None or data.national_prefix_transform_rule or data.national_prefix_for_parsing not in (None, "0"):
        return None
    if data.country_code is None or phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(data.country_code) != (region,):
        return None
    return Plan(region, data, data.general_desc) if data.general_desc is not None else None


def _described(described: phonenumbers.PhoneNumberDesc | None) -> _Desc | None:
    if described is None or not described.national_number_pattern or described.possible_length == (-1,):
        return None
    return _Desc(described)
