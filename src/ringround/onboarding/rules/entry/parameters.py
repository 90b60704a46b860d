"""The parameters of `/onboard`, by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from ringround.kernel import columns, phones
from ringround.kernel.columns import is_email
from ringround.kernel.errors import Fault
from ringround.kernel.messages import N_, Message
from ringround.kernel.text import clean
from ringround.onboarding.rules.agreed import FIXED_DAY, NEXT_POSSIBLE
from ringround.onboarding.rules.entry.seen import Entry, Missing, Stripped
from ringround.onboarding.rules.session import Intention

CAMPAIGN, EXTERNAL_LEAD_ID, SUBSCRIPTION = "campaignGuid", "externalLeadId", "subscriptionGuid"
NATIONAL_ID = "pre_nationalId"
META = "pre_meta_"
MAX_PARAMETERS, MAX_NAME, MAX_VALUE, MAX_ID = 100, 100, 500, 200
MAX_MAJOR = Decimal(10) ** 9

# Facts about the person: the parameter, and the role of the contact's field.
_TEXTS = {
    "pre_firstName": "first_name", "pre_lastName": "last_name", "pre_name": "name", "pre_address": "address",
    "pre_address2": "address2", "pre_postCode": "post_code", "pre_city": "city", "companyName": "company",
    "pre_businessCode": "business_code", "pre_externalId": "external_id",
}  # fmt: skip
_MSISDN, _EMAIL, _COUNTRY, _BIRTH = "pre_msisdn", "pre_email", "pre_countryCode", "pre_birthDate"
_PRODUCT, _AMOUNT, _METHOD = "product", "pre_amount", "pre_paymentMethodType"
_SCHEDULE, _FREQUENCY = "pre_scheduleType", "pre_recurringFrequency"
_START, _ONE_OFF = "pre_scheduleStartType", "pre_scheduleStartWithOneOff"
# Two that are also written with the prefix of the others.
_ALSO = {"pre_companyName": "companyName", "pre_product": "product"}
NAMES = (
    CAMPAIGN, EXTERNAL_LEAD_ID, SUBSCRIPTION, *_TEXTS, _MSISDN, _EMAIL, _COUNTRY, _BIRTH, NATIONAL_ID, _PRODUCT,
    _AMOUNT, _METHOD, _SCHEDULE, _FREQUENCY, _START, _ONE_OFF,
)  # fmt: skip
# Other systems are not at one about capitals.
_BY_FOLDED = {name.lower(): name for name in NAMES} | {also.lower(): name for also, name in _ALSO.items()}

_SCHEDULES = {
    "monthly": "monthly", "quarterly": "quarterly", "halfyearly": "half_yearly", "yearly": "yearly", "oneoff": "single",
}  # fmt: skip
# As a number it counts the months between two payments.
_MONTHS = {"1": "monthly", "3": "quarterly", "6": "half_yearly", "12": "yearly"}
_METHODS = {
    "card": "card", "mobilepaysubscriptions": "mobile", "betalingsservice": "direct_debit", "test": "card",
}  # fmt: skip
_STARTS = {"nextpossible": NEXT_POSSIBLE, "fixedday": FIXED_DAY}
_YES_NO = {"1": True, "true": True, "0": False, "false": False}


def read(given: Iterable[tuple[str, str]], *, region: str | None = None) -> Entry:
    """An entry from the pairs of a query or a posted form. Total: what is not understood is left out with a note.

    `region`: where numbers without a country code are from (`DK`).
    """
    reading = _Reading(region)
    for count, (name, value) in enumerate(given):
        if count == MAX_PARAMETERS:
            reading.note("…", "too_many", N_("There are too many parameters; the rest was left out."))
            break
        reading.take(name, value)
    return reading.entry()


def from_contact(
    contact: Mapping[str, object], *, campaign: object, external_lead_id: str = "", subscription: object = None
) -> Entry:
    """The same for a lead in our own console, from its contact's values by role (phones in E.164)."""
    known = {role: clean(str(value)) for role, value in contact.items() if value not in (None, "")}
    return Entry(
        campaign=str(campaign), external_lead_id=external_lead_id,
        subscription="" if subscription is None else str(subscription),
        national_id=known.pop("national_id", ""), contact=known, own=True,
    )  # fmt: skip


def missing(entry: Entry, intention: str | None) -> tuple[Missing, ...]:
    """Which ids are missing, and why they are needed. `intention` of the campaign's workflow; None: not known yet."""
    found = []
    if not entry.campaign:
        why = N_("It says which campaign, and so which workflow, the session belongs to.")
        found.append((CAMPAIGN, why))
    if intention == Intention.SIGNUP and not entry.external_lead_id:
        why = N_("It says who is being signed up: all attempts on one person are gathered by it.")
        found.append((EXTERNAL_LEAD_ID, why))
    if intention == Intention.UPGRADE and not entry.subscription:
        found.append((SUBSCRIPTION, N_("It says which agreement is to be changed.")))
    return tuple(Missing(name, Fault((name,), "required", why)) for name, why in found)


def without_national_id(address: str) -> Stripped:
    """A path and query without the national id: who is sent on to it at once leaves none in a history or a log. It
    comes back as it is where there is none in it."""
    path, _, query = address.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if name.strip().lower() != NATIONAL_ID.lower()]
    if len(kept) == len(pairs):
        return Stripped(address)
    values = [value for name, value in pairs if name.strip().lower() == NATIONAL_ID.lower()]
    rest = "?" + urlencode(kept, errors="replace") if kept else ""
    return Stripped(path + rest, clean(values[0])[:MAX_ID])


# --- one by one -------------------------------------------------------------------------------


class _Reading:
    def __init__(self, region: str | None) -> None:
        self._region = region
        self._said: dict[str, str] = {}
        self._metadata: dict[str, str] = {}
        self._notes: list[Fault] = []

    def note(self, name: str, code: str, detail: Message) -> None:
        self._notes.append(Fault((name,), code, detail))

    def take(self, raw_name: str, raw: str) -> None:
        name = clean(raw_name)[:MAX_NAME]
        value = clean(raw)
        is_meta = name.lower().startswith(META)
        known = name if is_meta else _BY_FOLDED.get(name.lower())
        if known is None:
            self.note(name, "unknown_parameter", N_("This parameter is not known, and was left out."))
        elif not value:
            return
        elif len(value) > MAX_VALUE:
            self.note(name, "too_long", N_("At most %(limit)s characters.", limit=MAX_VALUE))
        elif (name[len(META) :] in self._metadata) if is_meta else (known in self._said):
            self.note(name, "twice", N_("This is there twice; the first counts."))
        elif is_meta:
            self._metadata[name[len(META) :]] = value
        else:
            self._said[known] = value

    def entry(self) -> Entry:
        contact = {role: value for name, role in _TEXTS.items() if (value := self._said.get(name))}
        for name, role, reader in (
            (_MSISDN, "phone", self._phone), (_EMAIL, "email", _email), (_COUNTRY, "country", _country),
            (_BIRTH, "birth_date", _birth_date),
        ):  # fmt: skip
            if value := self._read(name, reader):
                contact[role] = value
        return Entry(
            campaign=self._read(CAMPAIGN, _guid) or "",
            external_lead_id=self._read(EXTERNAL_LEAD_ID, _id) or "",
            subscription=self._read(SUBSCRIPTION, _guid) or "",
            contact=contact,
            national_id=self._read(NATIONAL_ID, _id) or "",
            product=self._said.get(_PRODUCT, ""),
            amount=self._read(_AMOUNT, _major),
            agreement=self._agreement(),
            method=self._read(_METHOD, lambda value: _METHODS.get(_word(value))) or "",
            test=_word(self._said.get(_METHOD, "")) == "test",
            metadata=self._metadata,
            notes=tuple(self._notes),
        )

    def _agreement(self) -> dict[str, Any]:
        schedule = self._read(_SCHEDULE, lambda value: _SCHEDULES.get(_word(value)))
        frequency = self._read(_FREQUENCY, lambda value: _MONTHS.get(value) or _SCHEDULES.get(_word(value)))
        if schedule and frequency and schedule != frequency:
            self.note(_FREQUENCY, "contradicts", N_("This says otherwise than the schedule, which counts."))
        found = {
            "schedule": schedule or frequency,
            "start": self._read(_START, lambda value: _STARTS.get(_word(value))),
            "one_off": self._read(_ONE_OFF, lambda value: _YES_NO.get(_word(value))),
        }
        return {name: value for name, value in found.items() if value is not None}

    def _read(self, name: str, reader: Callable[[str], Any]) -> Any:
        written = self._said.get(name)
        if written is None:
            return None
        value = reader(written)
        if value is None:
            self.note(name, "malformed", N_("The value is not understood, and was left out."))
        return value

    def _phone(self, written: str) -> str | None:
        """E.164: with a plus, without one, and as people write it at home."""
        digits = "".join(written.split())
        bare = digits.isascii() and digits.isdigit()
        readings = [phones.parse("+" + digits, None)] if bare and not digits.startswith("0") else []
        readings.append(phones.parse(written, self._region))
        for phone in readings:
            if phone is not None and phone.valid:
                return phone.e164
        # No plan knows it; but whole, with its country code, it is somebody's own number, and the agent sees it.
        if bare and 10 <= len(digits) <= 15 and not digits.startswith("0"):
            return "+" + digits
        return None


def _word(written: str) -> str:
    return re.sub(r"[\s_-]+", "", written).lower()


def _guid(written: str) -> str | None:
    try:
        return str(UUID(written.strip("{}"))) if len(written) <= 40 else None
    except ValueError:
        return None


def _id(written: str) -> str | None:
    return written if len(written) <= MAX_ID else None


def _email(written: str) -> str | None:
    return written if is_email(written) else None


def _country(written: str) -> str | None:
    code = written.upper()
    return code if len(code) == 2 and phones.known_region(code) else None


def _birth_date(written: str) -> str | None:
    day = columns.parse("date", written)
    return None if day is None or isinstance(day, Fault) else str(columns.to_json(day))


_MAJOR = re.compile(r"(\d{1,3}(?:[., ]\d{3})+|\d+)(?:([.,])(\d{1,2}))?", re.ASCII)


def _major(written: str) -> Decimal | None:
    """Kroner with dot or comma: `100`, `99,95`, `1.250,00`. `1.250` may be a thousand or one and a quarter: neither."""
    found = _MAJOR.fullmatch(written.strip())
    if found is None:
        return None
    whole, decimal, part = found.groups()
    signs = set(re.findall(r"[., ]", whole))
    # One sign between the thousands, not the decimals' own; and without decimals a single dot or comma is doubtful.
    if len(signs) > 1 or decimal in signs or (not part and len(re.findall(r"[.,]", whole)) == 1):
        return None
    amount = Decimal(re.sub(r"[., ]", "", whole) + ("." + part if part else ""))
    return amount if 0 < amount <= MAX_MAJOR else None
