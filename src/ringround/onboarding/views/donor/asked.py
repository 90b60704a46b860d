"""What the donor is asked for: the fields of the page, and those that belong to one method alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ringround.onboarding import texts
from ringround.onboarding.actions.sessions import DonorPage
from ringround.onboarding.rules.session import Action

# How a field of the donor's is typed: label, hint, type, inputmode, autocomplete, longest.
_FIELDS: dict[str, tuple[Any, Any, str, str, str, int]] = {
    "national_id": (
        lambda: _("CPR number"), lambda: _("Ten digits. It is for the tax deduction or the direct debit alone."),
        "text", "numeric", "off", 20,
    ),
    "bank_account": (
        lambda: _("Account to pay from"), lambda: _("Registration number and account number, as 0040 0440116243."),
        "text", "text", "off", 40,
    ),
    "iban": (lambda: _("IBAN"), lambda: "", "text", "text", "off", 50),
    "phone": (lambda: _("Mobile number"), lambda: "", "tel", "tel", "tel", 30),
    "msisdn": (lambda: _("Mobile number"), lambda: "", "tel", "tel", "tel", 30),
    "email": (lambda: _("E-mail address"), lambda: "", "email", "email", "email", 254),
    "birth_date": (lambda: _("Date of birth"), lambda: "", "date", "", "bday", 10),
}  # fmt: skip

_NEVER_BACK = frozenset({"national_id", "bank_account", "iban"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A field of the page. What was typed wrong stands there again; it is nowhere else."""

    name: str
    label: str
    hint: str
    type: str
    inputmode: str
    autocomplete: str
    most: int
    required: bool
    # The methods for which it is, where not for all.
    needed: str = ""
    value: str = field(default="", repr=False)
    faults: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"f-{self.name}"

    @property
    def described(self) -> str:
        parts = [f"{self.id}-hint"] if self.hint else []
        return " ".join([*parts, f"{self.id}-fault"] if self.faults else parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A method to choose, with what it alone asks for; and when it collects, where that is not the same for all."""

    value: str
    words: str
    chosen: bool
    when: str = ""
    fields: Sequence[Typed] = ()


def way(page: DonorPage, method: str, posted: QueryDict | None, found: dict[str, list[str]], picked: str) -> Way:
    """A method of the page, with what was typed for it and what is wrong with that."""
    fields = [
        typed(f"{method}-{one.role}", one.role, one.required, posted, found.pop(one.role, []))
        for one in page.asked_by.get(method, ())
    ]
    words, when = str(texts.METHODS[method]), when_of(page, method)
    return Way(value=method, words=words, chosen=method == picked, when=when, fields=fields)


def when_of(page: DonorPage, method: str) -> str:
    """When the first payment by this method is collected, or the next; "" where it is said for all of them."""
    day = page.promises.get(method)
    if page.promise is not None or day is None:
        return ""
    words = date_format(day, "DATE_FORMAT")
    if page.action == Action.CHANGE_PAYMENT_METHOD or page.one_off:
        return _("Next payment on %(day)s.") % {"day": words}
    return _("First payment on %(day)s.") % {"day": words}


def typed(name: str, role: str, required: bool, posted: QueryDict | None, faults: list[str]) -> Typed:
    """A field of this name for a role, with what was typed in it and what is wrong with that."""
    label, hint, kind, inputmode, autocomplete, most = _FIELDS.get(
        role, (lambda: texts.CONTACT_ROLES.get(role, role), lambda: "", "text", "", "off", 200)
    )
    return Typed(
        name=name, label=str(label()), hint=str(hint()), type=kind, inputmode=inputmode, autocomplete=autocomplete,
        most=most, required=required, faults=tuple(faults),
        # A number that nobody else may see is typed anew rather than sent back.
        value="" if posted is None or role in _NEVER_BACK else posted.get(name, "")[:most],
    )  # fmt: skip
