"""Money: whole minor units with a currency, never a float."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from ringround.kernel.errors import Fault, Invalid, Loc
from ringround.kernel.messages import N_

# ISO 4217: the currencies in use, and those whose minor unit is not a hundredth.
_IN_USE = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD
    CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP
    GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD
    KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN
    NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP
    SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES
    VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES = frozenset(_IN_USE.split())
_WHOLE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND"
_EXPONENTS = dict.fromkeys(_WHOLE.split(), 0) | dict.fromkeys(_THOUSANDTHS.split(), 3)

MAX_AMOUNT = 2**53 - 1  # the largest whole number that survives JSON in every client


def exponent(currency: str) -> int:
    """Decimals of a currency: 2 for DKK, 0 for ISK, 3 for KWD."""
    return _EXPONENTS.get(currency, 2)


@dataclass(frozen=True, slots=True)
class Money:
    """`Money(10000, "DKK")` is a hundred kroner. Only the same currency adds or compares."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in CURRENCIES:
            raise Invalid.one("currency", "unknown_currency", N_("Use an ISO 4217 code such as DKK."))
        if isinstance(self.amount, bool) or not isinstance(self.amount, int):
            raise Invalid.one("amount", "not_whole", N_("Amounts are whole minor units (øre, cents)."))
        if abs(self.amount) > MAX_AMOUNT:
            raise Invalid.one("amount", "too_large", N_("The amount is too large."))

    @classmethod
    def of_major(cls, major: Decimal | int | str, currency: str) -> Money:
        """From kroner: `Decimal("99.95")`. Raises Invalid when it has more decimals than exist."""
        try:
            scaled = Decimal(major).scaleb(exponent(currency))
            whole = scaled.to_integral_value()
        except ArithmeticError as error:
            raise Invalid.one("amount", "not_a_number", N_("This is not an amount.")) from error
        if not scaled.is_finite() or scaled != whole:
            raise Invalid.one("amount", "too_precise", N_("The currency has fewer decimals."))
        return cls(int(whole), currency)

    @classmethod
    def parse(cls, raw: object, *, loc: Loc = ()) -> Money:
        """From `{"amount": 10000, "currency": "DKK"}`. Raises Invalid."""
        if not isinstance(raw, Mapping):
            raise Invalid([Fault(loc, "bad_money", N_("Money is an amount and a currency."))])
        extra = [str(key) for key in raw if key not in ("amount", "currency")]
        if extra:
            raise Invalid([Fault((*loc, key), "unknown_field", N_("Unknown field.")) for key in extra])
        amount, currency = raw.get("amount"), raw.get("currency")
        try:
            return cls(amount, currency)  # type: ignore[arg-type]  # checked in __post_init__
        except TypeError as error:  # an unhashable currency
            raise Invalid.one(
                (*loc, "currency"),
                "unknown_currency",
                "Use an ISO 4217 code such as DKK.",
            ) from error
        except Invalid as error:
            raise Invalid([fault.under(*loc) for fault in error.errors]) from None

    def to_json(self) -> dict[str, int | str]:
        """`{"amount": 10000, "currency": "DKK"}`."""
        return {"amount": self.amount, "currency": self.currency}

    @property
    def major(self) -> Decimal:
        """Kroner as a Decimal with the currency's decimals: `100.00`."""
        return Decimal(self.amount).scaleb(-exponent(self.currency))

    def __str__(self) -> str:
        return f"{self.major} {self.currency}"

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount <= self._same(other)

    def share(self, part: Decimal) -> Money:
        """A fraction (`Decimal("0.25")`), rounded half to even."""
        exact = Decimal(self.amount) * part
        return Money(int(exact.to_integral_value(ROUND_HALF_EVEN)), self.currency)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not mix")
        return other.amount
