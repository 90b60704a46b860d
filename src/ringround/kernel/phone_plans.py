"""The short way to a number: one numbering plan, compiled once, for the plainest ways of writing.

`phonenumbers` looks for letters, extensions, carriers and trunk codes in every number; a file of a million rows has
hardly any. This reads only what can be nothing else, and leaves everything else to it. A property test holds the two
against each other. What is read here:

1. digits with single spaces or hyphens between them, perhaps a plus before them;
2. in a region that has its calling code to itself, and whose trunk prefix is `0` or none;
3. that are, once the region's own calling code or the trunk zero is taken off, a number the plan assigns.
"""

from __future__ import annotations

import re
from functools import cache

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberType

_PLAIN = re.compile(r"\+?\d+(?:[ -]\d+)*", re.ASCII)
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


class _Desc:
    """One kind of number of a plan."""

    def __init__(self, described: phonenumbers.PhoneNumberDesc) -> None:
        self._lengths = frozenset(described.possible_length)
        self._match = re.compile(described.national_number_pattern or "").fullmatch

    def fits(self, digits: str) -> bool:
        return (not self._lengths or len(digits) in self._lengths) and self._match(digits) is not None


class Plan:
    """The numbers of one region."""

    def __init__(self, region: str, data: PhoneMetadata, every: phonenumbers.PhoneNumberDesc) -> None:
        self.region, self.code = region, str(data.country_code)
        self._trunk = data.national_prefix_for_parsing is not None
        self._abroad = re.compile(data.international_prefix).match if data.international_prefix else None
        self._all = _Desc(every)
        self._special = [
            (found, kind) for name, kind in _SPECIAL if (found := _described(getattr(data, name))) is not None
        ]
        self._fixed, self._mobile = _described(data.fixed_line), _described(data.mobile)
        self._same = bool(data.same_mobile_and_fixed_line_pattern)

    def read(self, text: str) -> tuple[str, int] | None:
        """The national number and its kind (a PhoneNumberType), or None for what is not for here."""
        if _PLAIN.fullmatch(text) is None:
            return None
        digits = text.translate(_SIGNS)
        code, fits = self.code, self._all.fits
        if text[0] == "+":
            if not digits.startswith(code):
                return None
            national = digits[len(code) :]
        elif self._abroad is not None and self._abroad(digits):
            return None
        elif self._trunk and digits[0] == "0":
            national = digits[1:]
        elif fits(digits):
            national = digits
        elif digits.startswith(code):
            national = digits[len(code) :]
        else:
            return None
        if national[:1] == "0" or not fits(national):
            return None
        kind = self._kind(national)
        return None if kind == PhoneNumberType.UNKNOWN else (national, kind)

    def _kind(self, national: str) -> int:
        for described, kind in self._special:
            if described.fits(national):
                return kind
        mobile = self._mobile is not None and self._mobile.fits(national)
        if self._fixed is not None and self._fixed.fits(national):
            both = self._same or mobile
            return PhoneNumberType.FIXED_LINE_OR_MOBILE if both else PhoneNumberType.FIXED_LINE
        return PhoneNumberType.MOBILE if mobile and not self._same else PhoneNumberType.UNKNOWN


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
