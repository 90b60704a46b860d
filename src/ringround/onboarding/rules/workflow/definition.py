"""A workflow's definition as dataclasses, and its bounds. `to_json` gives what `parse` reads back as the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ringround.kernel.headers import ROLES as COLUMN_ROLES

# From the least to the most; who is not among them (quality, viewer) submits nothing.
ROLES = ("junior_agent", "senior_agent", "supervisor", "manager", "owner")
SCHEDULES = ("monthly", "quarterly", "half_yearly", "yearly")
SINGLE = "single"
METHODS = ("card", "mobile", "direct_debit")
STARTS = ("next_possible", "fixed_day")
PAUSE_KINDS = ("indefinite", "skip", "until")
LANGUAGES = ("da", "en")
RULES = ("free", "fixed", "choice")
ONE_OFFS = (True, False, "optional")
# What a form may ask about a person: what a column of a contact list may mean, and two that only companies have.
CONTACT_ROLES = (*(role for role in COLUMN_ROLES if role != "timezone"), "business_code", "external_id")
# What nobody may be asked to say aloud or see in full.
ALWAYS_SENSITIVE = frozenset({"national_id"})
METADATA_TYPES = ("text", "number", "date", "bool", "choice")
# Said to the sandbox beside what the workflow asks for; no real rail reads it.
METADATA_ALWAYS = frozenset({"sandbox_fate"})
# What forms offer; the API takes every currency that is in use.
CURRENCIES_OFFERED = ("DKK", "SEK", "NOK", "EUR", "GBP", "USD", "ISK")

DAY_S = 86_400
MIN_LINK_TTL_S, MAX_LINK_TTL_S, USUAL_LINK_TTL_S = 60, 30 * DAY_S, 2 * DAY_S
MAX_NAME, MAX_TAB, MAX_LABEL, MAX_KEY = 200, 100, 100, 40
# The narrowest of the rails: Vipps MobilePay takes 45 and 100 characters (its API guide for agreements).
MAX_AGREEMENT_NAME, MAX_AGREEMENT_DESCRIPTION = 45, 100
MAX_MESSAGE, MAX_TERMS, MAX_TERMS_VERSION, MAX_PURPOSE = 1_000, 20_000, 50, 35
MAX_PRODUCTS, MAX_METADATA, MAX_CHOICES, MAX_OPTIONS = 20, 30, 20, 100
MIN_AMOUNT, MAX_AMOUNT = 1, 100_000_000  # minor units: a million kroner in one go is a mistake
MAX_SKIP = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """What may be paid, in minor units. `fixed`: `value` alone; `choice`: one of `choices`; `free`: `min` to `max`,
    where `value` and `choices` are suggestions."""

    rule: str = "free"
    value: int | None = None
    choices: tuple[int, ...] = ()
    min: int | None = None
    max: int | None = None

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the most, whatever the rule."""
        return (MIN_AMOUNT if self.min is None else self.min), (MAX_AMOUNT if self.max is None else self.max)

    @property
    def usual(self) -> int | None:
        """What a form starts with; None: the donor is asked."""
        return self.value if self.value is not None else (self.choices[0] if self.choices else None)

    def to_json(self) -> dict[str, Any]:
        return {"rule": self.rule, "value": self.value, "choices": list(self.choices), "min": self.min, "max": self.max}


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedules:
    """How often may be paid: `fixed`: `value` alone; `choice`: one of `choices`; `free`: any. Of a single product it is
    fixed to `single`."""

    rule: str = "free"
    value: str | None = None
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> tuple[str, ...]:
        """Which may be chosen, in their order."""
        if self.rule == "fixed" and self.value is not None:
            return (self.value,)
        return self.choices if self.rule == "choice" else SCHEDULES

    @property
    def usual(self) -> str:
        """What a form starts with."""
        return self.value or self.allowed[0]

    def to_json(self) -> dict[str, Any]:
        return {"rule": self.rule, "value": self.value, "choices": list(self.choices)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One offer, a tab of the form. `key` is its name in the API; `agreement_name` is what the donor sees it called.

    `one_off_at_start`: a first payment with the acceptance: True, False, or `optional` for the agent to say.
    `payment_required`: a session without a payment method cannot be submitted.
    """

    key: str
    name: str
    payment_type: str = "recurring"
    agreement_name: str = ""
    agreement_description: str = ""
    currency: str = "DKK"
    amount: Amount = field(default_factory=Amount)
    schedule: Schedules = field(default_factory=Schedules)
    methods: tuple[str, ...] = METHODS
    starts: tuple[str, ...] = STARTS
    one_off_at_start: bool | str = False
    tax_deductible: bool = False
    purpose_code: str = ""
    payment_required: bool = False
    welcome_message: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "name": self.name,
            "payment_type": self.payment_type,
            "agreement_name": self.agreement_name,
            "agreement_description": self.agreement_description,
            "currency": self.currency,
            "amount": self.amount.to_json(),
            "schedule": self.schedule.to_json(),
            "methods": list(self.methods),
            "starts": list(self.starts),
            "one_off_at_start": self.one_off_at_start,
            "tax_deductible": self.tax_deductible,
            "purpose_code": self.purpose_code,
            "payment_required": self.payment_required,
            "welcome_message": self.welcome_message,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactField:
    """A fact about the person that the form asks for. `sensitive`: the donor types it, and people see its end only."""

    role: str
    required: bool = False
    editable: bool = True
    sensitive: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "role": self.role,
            "required": self.required,
            "editable": self.editable,
            "sensitive": self.sensitive,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataField:
    """A field of the merchant's own; `options` of a choice."""

    key: str
    label: str
    type: str = "text"
    required: bool = False
    options: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "label": self.label,
            "type": self.type,
            "required": self.required,
            "options": list(self.options),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The text that the donor accepts, and which version of it this is; kept with each acceptance."""

    version: str = ""
    text: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"version": self.version, "text": self.text}


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradeAct:
    """One thing that may be done with an existing agreement, from which role.

    `contact_fields`: roles that may be updated on the way; None: all that the workflow asks for and lets be edited.
    `amount` bounds change_amount, `schedules` change_frequency, `methods` change_payment_method; `kinds` and
    `most_skipped` pause.
    """

    role: str
    contact_fields: tuple[str, ...] | None = None
    amount: Amount = field(default_factory=Amount)
    schedules: tuple[str, ...] = SCHEDULES
    methods: tuple[str, ...] = METHODS
    kinds: tuple[str, ...] = PAUSE_KINDS
    most_skipped: int = 12

    def to_json(self) -> str | dict[str, Any]:
        """The role alone where nothing else is said."""
        usual = UpgradeAct(role=self.role)
        if self == usual:
            return self.role
        said: dict[str, Any] = {"role": self.role}
        if self.contact_fields is not None:
            said["contact_fields"] = list(self.contact_fields)
        if self.amount != usual.amount:
            said["amount"] = self.amount.to_json()
        for name in ("schedules", "methods", "kinds"):
            if getattr(self, name) != getattr(usual, name):
                said[name] = list(getattr(self, name))
        if self.most_skipped != usual.most_skipped:
            said["most_skipped"] = self.most_skipped
        return said


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What one version of a workflow says. `languages`: those the donor may read, the usual one first."""

    name: str
    intention: str
    approval_message: str = ""
    sms_sender: str = ""
    link_ttl_s: int = USUAL_LINK_TTL_S
    languages: tuple[str, ...] = ("da",)
    terms: Terms = field(default_factory=Terms)
    contact_fields: tuple[ContactField, ...] = ()
    metadata_fields: tuple[MetadataField, ...] = ()
    products: tuple[Product, ...] = ()
    upgrade: Mapping[str, UpgradeAct] = field(default_factory=dict)

    def product(self, key: str) -> Product | None:
        """The product of that key."""
        return next((product for product in self.products if product.key == key), None)

    def contact_field(self, role: str) -> ContactField | None:
        """The field of that role, where the workflow asks for it."""
        return next((one for one in self.contact_fields if one.role == role), None)

    def to_json(self) -> dict[str, Any]:
        """As it is stored and served; `parse` gives the same back."""
        return {
            "name": self.name,
            "intention": self.intention,
            "approval_message": self.approval_message,
            "sms_sender": self.sms_sender,
            "link_ttl_s": self.link_ttl_s,
            "languages": list(self.languages),
            "terms": self.terms.to_json(),
            "contact_fields": [one.to_json() for one in self.contact_fields],
            "metadata_fields": [one.to_json() for one in self.metadata_fields],
            "products": [one.to_json() for one in self.products],
            "upgrade": {action: act.to_json() for action, act in self.upgrade.items()},
        }
