"""Parts of a workflow's form that have amounts: a product, and an act of an upgrade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ringround.kernel.money import CURRENCIES
from ringround.onboarding import texts
from ringround.onboarding.forms.money import MajorField, MajorsField, major, minor_of
from ringround.onboarding.forms.parts import ONE_OFFS, RULES, Part, key_of
from ringround.onboarding.rules import workflow as rules
from ringround.onboarding.rules.workflow import definition as bounds
from ringround.onboarding.rules.workflow.allowed import least_role
from ringround.orgs.words import ROLES
from ringround.ui.forms import Segmented, Switch


class Amounts(Part):
    """What may be paid: fixed, a choice, or free within bounds."""

    amount_rule = forms.ChoiceField(label=_("The amount is"), choices=RULES, widget=Segmented, initial="free")
    amount_value = MajorField(label=_("Amount"), help_text=_("In a choice, and where it is free, the one suggested."))
    amount_choices = MajorsField(label=_("Amounts to choose from"), help_text=_("With a space between: 50 100 200"))
    amount_min = MajorField(label=_("At least"))
    amount_max = MajorField(label=_("At most"))

    @staticmethod
    def start_amount(said: Mapping[str, Any] | None, currency: str) -> dict[str, Any]:
        said = said or {}
        return {
            "amount_rule": said.get("rule") or "free",
            "amount_value": major(said.get("value"), currency),
            "amount_choices": " ".join(major(one, currency) for one in said.get("choices") or ()),
            "amount_min": major(said.get("min"), currency),
            "amount_max": major(said.get("max"), currency),
        }

    def said_amount(self) -> dict[str, Any]:
        clean = self.cleaned_data
        rule = clean.get("amount_rule") or "free"
        fixed = rule == "fixed"
        return {
            "rule": rule,
            "value": clean.get("amount_value"),
            # What belongs to another rule stands hidden in the form.
            "choices": [] if fixed else clean.get("amount_choices") or [],
            "min": None if fixed else clean.get("amount_min"),
            "max": None if fixed else clean.get("amount_max"),
        }

    def clean_amounts(self, currency: str) -> None:
        """Major units become minor ones, and what does not fit together is said in words of money."""
        clean = self.cleaned_data
        for name in ("amount_value", "amount_min", "amount_max", "amount_choices"):
            given = clean.get(name)
            if given is None:
                continue
            many = isinstance(given, list)
            try:
                found = [minor_of(one, currency) for one in (given if many else [given])]
                if any(not bounds.MIN_AMOUNT <= one <= bounds.MAX_AMOUNT for one in found):
                    raise forms.ValidationError(gettext("The amount is too small or too large."))
            except forms.ValidationError as wrong:
                self.add_error(name, wrong)
                continue
            clean[name] = found if many else found[0]
        if self.errors:
            return
        rule, value, choices = clean["amount_rule"], clean["amount_value"], clean["amount_choices"]
        least, most = (None, None) if rule == "fixed" else (clean["amount_min"], clean["amount_max"])
        if least is not None and most is not None and least > most:
            self.add_error("amount_max", gettext("The most is less than the least."))
        if rule == "fixed" and value is None:
            self.add_error("amount_value", gettext("Give the amount."))
        if rule == "choice" and not choices:
            self.add_error("amount_choices", gettext("Give the amounts to choose from."))
        elif rule == "choice" and value is not None and value not in choices:
            self.add_error("amount_value", gettext("What is suggested is none of the choices."))
        for name, amounts in (("amount_value", [value]), ("amount_choices", choices if rule != "fixed" else [])):
            if any(_outside(one, least, most) for one in amounts) and name not in self.errors:
                self.add_error(name, gettext("This is outside of the least and the most."))


def _outside(amount: int | None, least: int | None, most: int | None) -> bool:
    return amount is not None and ((least is not None and amount < least) or (most is not None and amount > most))


class ProductForm(Amounts):
    PLACES = {
        ("amount", "value"): "amount_value", ("amount", "choices"): "amount_choices", ("amount", "min"): "amount_min",
        ("amount", "max"): "amount_max", ("amount", "rule"): "amount_rule", ("schedule", "rule"): "schedule_rule",
        ("schedule", "value"): "schedule_value", ("schedule", "choices"): "schedule_choices",
    }  # fmt: skip

    name = forms.CharField(label=_("Name on its tab"), max_length=bounds.MAX_TAB)
    payment_type = forms.ChoiceField(
        label=_("Payment"), choices=list(texts.PAYMENT_TYPES.items()), widget=Segmented, initial="recurring"
    )
    agreement_name = forms.CharField(
        label=_("What the donor sees it called"), required=False, max_length=bounds.MAX_AGREEMENT_NAME,
        help_text=_("Left empty: the name."),
    )  # fmt: skip
    agreement_description = forms.CharField(
        label=_("Description for the donor"), required=False, max_length=bounds.MAX_AGREEMENT_DESCRIPTION
    )
    currency = forms.ChoiceField(label=_("Currency"), initial="DKK")
    schedule_rule = forms.ChoiceField(label=_("The frequency is"), choices=RULES, widget=Segmented, initial="free")
    schedule_value = forms.ChoiceField(
        label=_("Frequency"), required=False, help_text=_("In a choice, and where it is free, the one suggested."),
        choices=[("", _("None suggested")), *((one, texts.SCHEDULES[one]) for one in rules.SCHEDULES)],
    )  # fmt: skip
    schedule_choices = forms.MultipleChoiceField(
        label=_("Frequencies to choose from"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(one, texts.SCHEDULES[one]) for one in rules.SCHEDULES],
    )  # fmt: skip
    methods = forms.MultipleChoiceField(
        label=_("Payment methods"), widget=forms.CheckboxSelectMultiple, choices=list(texts.METHODS.items()),
        initial=list(rules.METHODS), help_text=_("One alone is fixed; of several one is chosen."),
    )  # fmt: skip
    starts = forms.MultipleChoiceField(
        label=_("First payment"), widget=forms.CheckboxSelectMultiple, choices=list(texts.STARTS.items()),
        initial=list(rules.STARTS),
    )  # fmt: skip
    one_off = forms.ChoiceField(
        label=_("A payment at the start, with the acceptance"), initial="no",
        choices=(("no", _("No")), ("yes", _("Yes")), ("optional", _("The agent chooses"))),
    )  # fmt: skip
    payment_required = forms.BooleanField(
        label=_("The payment method is chosen with the agent"), required=False, widget=Switch,
        help_text=_("Without it the donor may choose when the link is opened."),
    )  # fmt: skip
    tax_deductible = forms.BooleanField(label=_("Tax-deductible"), required=False, widget=Switch)
    purpose_code = forms.CharField(label=_("Purpose code"), required=False, max_length=bounds.MAX_PURPOSE)
    welcome_message = forms.CharField(
        label=_("Welcome message"), required=False, max_length=bounds.MAX_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 2}), help_text=_("Sent when it is complete. Empty: none is sent."),
    )  # fmt: skip
    key = forms.CharField(
        label=_("Name for programs"), required=False, max_length=bounds.MAX_KEY,
        help_text=_("Left empty it is made of the name."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = list(rules.CURRENCIES_OFFERED)
        now = str(self["currency"].value() or "")
        if now in CURRENCIES and now not in offered:
            offered.append(now)
        self.fields["currency"].choices = [(one, one) for one in offered]  # type: ignore[attr-defined]

    @property
    def called(self) -> object:
        return self["name"].value() or _("New product")

    @staticmethod
    def start(said: Mapping[str, Any]) -> dict[str, Any]:
        currency = said.get("currency") or "DKK"
        schedule = said.get("schedule") or {}
        one_off = said.get("one_off_at_start", False)
        single = said.get("payment_type") == "single"
        return {
            **{name: said.get(name, "") for name in (
                "name", "agreement_name", "agreement_description", "purpose_code", "welcome_message", "key",
            )},
            "payment_type": said.get("payment_type") or "recurring",
            "currency": currency,
            **Amounts.start_amount(said.get("amount"), currency),
            "schedule_rule": "free" if single else schedule.get("rule") or "free",
            "schedule_value": "" if single else schedule.get("value") or "",
            "schedule_choices": [] if single else schedule.get("choices") or [],
            "methods": said.get("methods") or list(rules.METHODS),
            "starts": said.get("starts") or list(rules.STARTS),
            "one_off": next((word for word, value in ONE_OFFS.items() if value == one_off), "no"),
            "payment_required": said.get("payment_required", False),
            "tax_deductible": said.get("tax_deductible", False),
        }  # fmt: skip

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        self.clean_amounts(found.get("currency") or "DKK")
        if found.get("payment_type") == "recurring":
            rule, value, choices = (found.get(f"schedule_{name}") for name in ("rule", "value", "choices"))
            if rule == "fixed" and not value:
                self.add_error("schedule_value", gettext("Choose the frequency."))
            if rule == "choice" and not choices:
                self.add_error("schedule_choices", gettext("Choose at least one."))
            elif rule == "choice" and value and value not in (choices or ()):
                self.add_error("schedule_value", gettext("What is suggested is none of the choices."))
        return self.cleaned_data

    def said(self, taken: set[str]) -> dict[str, Any]:
        clean = self.cleaned_data
        single = clean.get("payment_type") == "single"
        rule = clean.get("schedule_rule") or "free"
        schedule = {
            "rule": rule,
            "value": clean.get("schedule_value") or None,
            "choices": clean.get("schedule_choices") or [] if rule == "choice" else [],
        }
        return {
            **{name: clean.get(name, "") for name in (
                "name", "agreement_name", "agreement_description", "purpose_code", "welcome_message",
            )},
            "key": clean.get("key") or key_of(clean.get("name", ""), taken, "product"),
            "payment_type": clean.get("payment_type") or "recurring",
            "currency": clean.get("currency") or "DKK",
            "amount": self.said_amount(),
            "schedule": None if single else schedule,
            "methods": clean.get("methods") or None,
            "starts": clean.get("starts") or None,
            "one_off_at_start": False if single else ONE_OFFS[clean.get("one_off") or "no"],
            "payment_required": clean.get("payment_required", False),
            "tax_deductible": clean.get("tax_deductible", False),
        }  # fmt: skip


class ActForm(Amounts):
    """One act of an upgrade: from which role, and within which bounds."""

    PLACES = {
        ("amount", "value"): "amount_value", ("amount", "choices"): "amount_choices", ("amount", "min"): "amount_min",
        ("amount", "max"): "amount_max", ("contact_fields",): "fields_of",
    }  # fmt: skip

    role = forms.ChoiceField(label=_("Allowed from"), required=False)
    fields_of = forms.MultipleChoiceField(
        label=_("What of the contact may be updated on the way"), required=False, widget=forms.CheckboxSelectMultiple
    )
    schedules = forms.MultipleChoiceField(
        label=_("To which frequencies"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(one, texts.SCHEDULES[one]) for one in rules.SCHEDULES], initial=list(rules.SCHEDULES),
    )  # fmt: skip
    methods = forms.MultipleChoiceField(
        label=_("To which methods"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=list(texts.METHODS.items()), initial=list(rules.METHODS),
    )  # fmt: skip
    kinds = forms.MultipleChoiceField(
        label=_("How it may be paused"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=list(texts.HOLDS.items()), initial=list(rules.PAUSE_KINDS),
    )  # fmt: skip
    most_skipped = forms.IntegerField(
        label=_("Payments skipped at most"), required=False, min_value=1, max_value=bounds.MAX_SKIP, initial=12
    )
    # Which of the fields above an act has.
    HAS = {
        "change_amount": ("amount_rule", "amount_value", "amount_choices", "amount_min", "amount_max"),
        "change_frequency": ("schedules",), "change_payment_method": ("methods",), "pause": ("kinds", "most_skipped"),
    }  # fmt: skip

    def __init__(self, *args: Any, action: str, asked: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.action, self.word = action, texts.ACTIONS[action]
        least = rules.ROLES.index(least_role(action))
        allowed = [(one, ROLES[one]) for one in rules.ROLES[least:]]
        self.fields["role"].choices = [("", _("Not allowed")), *allowed]  # type: ignore[attr-defined]
        self.fields["fields_of"].choices = [(one, texts.CONTACT_ROLES[one]) for one in asked]  # type: ignore[attr-defined]
        for name in [one for one in self.fields if one not in ("role", "fields_of", *self.HAS.get(action, ()))]:
            del self.fields[name]
        if not asked:
            del self.fields["fields_of"]

    @property
    def called(self) -> object:
        return self.word

    @staticmethod
    def start(said: str | Mapping[str, Any] | None, asked: Sequence[str]) -> dict[str, Any]:
        if said is None or isinstance(said, str):
            said = {"role": said or ""}
        chosen = said.get("contact_fields")
        return {
            "role": said.get("role") or "",
            "fields_of": list(asked) if chosen is None else list(chosen),
            **Amounts.start_amount(said.get("amount"), "DKK"),
            "schedules": said.get("schedules") or list(rules.SCHEDULES),
            "methods": said.get("methods") or list(rules.METHODS),
            "kinds": said.get("kinds") or list(rules.PAUSE_KINDS),
            "most_skipped": said.get("most_skipped") or 12,
        }

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if not found.get("role"):
            return found
        for name in ("schedules", "methods", "kinds"):
            if name in self.fields and not found.get(name):
                self.add_error(name, gettext("Choose at least one."))
        if "amount_rule" in self.fields:
            self.clean_amounts("DKK")
        return self.cleaned_data

    def said(self, editable: Sequence[str]) -> dict[str, Any] | None:
        clean = self.cleaned_data
        if not clean.get("role"):
            return None
        found: dict[str, Any] = {"role": clean["role"]}
        chosen = clean.get("fields_of")
        # All that may be changed is said by saying nothing, so that it grows with the workflow.
        if chosen is not None and not set(editable) <= set(chosen):
            found["contact_fields"] = [one for one in chosen if one in editable]
        if "amount_rule" in self.fields:
            found["amount"] = self.said_amount()
        for name in ("schedules", "methods", "kinds", "most_skipped"):
            if name in self.fields and clean.get(name):
                found[name] = clean[name]
        return found
