"""The form of a session: what its workflow asks for, a tab for each product or act.

Fields are named by where they go: `contact-first_name`, `metadata-segment`, `product-fast-amount`, `pause-until`. So
that it works without a script every tab's fields are sent, and only those of the chosen one are read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ringround.kernel.errors import Conflict, Fault, Invalid
from ringround.onboarding import texts
from ringround.onboarding.forms.fields import (
    LONGEST,
    NO_FILL,
    choice_field,
    date_field,
    metadata_field,
)
from ringround.onboarding.forms.money import AmountField, major
from ringround.onboarding.rules.agreed import fill
from ringround.onboarding.rules.entry import Prefill
from ringround.onboarding.rules.session import is_local
from ringround.onboarding.rules.workflow import METHODS, Amount, Definition, Product, UpgradeAct
from ringround.ui.format import money_text
from ringround.ui.forms import LocalDate, Segmented

_TYPES = {"email": "email", "phone": "tel"}
_LANGUAGES = {"da": _("Danish"), "en": _("English")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the form is made of. `served`: the methods that the merchant has an account for. `actions`: of an upgrade,
    those that this agent may do with this agreement."""

    definition: Definition
    served: frozenset[str] = frozenset(METHODS)
    actions: Sequence[str] = ()
    currency: str = "DKK"
    # What the donor reads, and which act is wanted, before anybody says otherwise.
    language: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A tab: its key, its name, what is fixed in it as (label, words), and its fields."""

    key: str
    name: Any
    fixed: Sequence[tuple[Any, Any]]
    fields: Sequence[BoundField]
    chosen: bool
    text: Any = ""


class SessionForm(forms.Form):
    """A sign-up or an upgrade. `ask()` is what was filled in, in the words of `session_submit`."""

    use_required_attribute = False

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, offer: Offer, prefill: Prefill, form_id: str = ""
    ) -> None:
        super().__init__(data)
        self.offer = offer
        self.prefill = prefill
        definition = offer.definition
        self.signup = definition.intention == "signup"
        self.keys = [one.key for one in definition.products] if self.signup else list(offer.actions)
        self.chosen = self._chosen()
        self._panels: dict[str, tuple[list[tuple[Any, Any]], list[str]]] = {}
        # Contact fields that were posted and that the chosen act does not change.
        self._beyond: set[str] = set()
        self._contact()
        for one in definition.metadata_fields:
            self.fields[f"metadata-{one.key}"] = metadata_field(one, prefill.metadata.get(one.key))
        for key in self.keys:
            self._panels[key] = ([], [])
            if self.signup:
                product = definition.product(key)
                assert product is not None
                self._product(product)
            else:
                self._act(key, definition.upgrade[key])
        self._language()
        if form_id:
            # In the console the fields stand in another form's place, and belong to this one all the same.
            for each in self.fields.values():
                each.widget.attrs["form"] = form_id
        self.form_id = form_id

    # --- shape ---------------------------------------------------------------------------------

    def _chosen(self) -> str:
        name = "product" if self.signup else "action"
        if self.is_bound:
            given = str(self.data.get(name, ""))
        elif self.signup:
            given = self.prefill.product.key if self.prefill.product is not None else ""
        else:
            given = self.offer.action
        if given in self.keys:
            return given
        return self.keys[0] if len(self.keys) == 1 or (self.signup and self.keys) else ""

    def _contact(self) -> None:
        allowed = None
        if not self.signup:
            # Which of them may be changed differs by act; the action refuses what this one may not.
            act = self.offer.definition.upgrade.get(self.chosen)
            allowed = act.contact_fields if act is not None else None
        for one in self.offer.definition.contact_fields:
            known = self.prefill.contact.get(one.role, "")
            if one.sensitive or (known and not one.editable):
                continue
            if allowed is not None and one.role not in allowed:
                # What was typed before the act was chosen is not dropped without a word.
                if not self.is_bound or f"contact-{one.role}" not in self.data:
                    continue
                self._beyond.add(one.role)
            kind: type[forms.Field] = forms.CharField
            widget: forms.Widget = forms.TextInput(attrs=dict(NO_FILL))
            if one.role == "birth_date":
                widget = LocalDate(attrs=dict(NO_FILL))
            elif one.role in _TYPES:
                widget = forms.TextInput(attrs={**NO_FILL, "inputmode": _TYPES[one.role]})
            self.fields[f"contact-{one.role}"] = kind(
                label=str(texts.CONTACT_ROLES.get(one.role, one.role)), required=one.required and self.signup,
                max_length=LONGEST, widget=widget, initial=known,
            )  # type: ignore[call-arg]  # fmt: skip

    def _add(self, key: str, name: str, one: forms.Field) -> None:
        one.required = one.required and (not self.is_bound or key == self.chosen)
        self.fields[name] = one
        self._panels[key][1].append(name)

    def _fix(self, key: str, label: Any, words: Any) -> None:
        self._panels[key][0].append((label, words))

    def _product(self, product: Product) -> None:
        key, at = product.key, f"product-{product.key}-"
        asked = self.prefill.product
        values = self.prefill.values if asked is not None and asked.key == key else fill(product, {}).values
        self._amount(key, f"{at}amount", product.amount, product.currency, values["amount"])
        schedules = product.schedule.allowed
        if len(schedules) == 1:
            self._fix(key, _("How often"), texts.SCHEDULES[schedules[0]])
        else:
            choices = [(one, texts.SCHEDULES[one]) for one in schedules]
            self._add(key, f"{at}schedule", choice_field(_("How often"), choices, values["schedule"]))
        self._methods(key, f"{at}method", product.methods, values["method"], needed=product.payment_required)
        if product.payment_type == "recurring":
            if len(product.starts) > 1:
                choices = [(one, texts.STARTS[one]) for one in product.starts]
                self._add(key, f"{at}start", choice_field(_("First payment"), choices, values["start"]))
            else:
                self._fix(key, _("First payment"), texts.STARTS[product.starts[0]])
            if "fixed_day" in product.starts:
                self._add(
                    key, f"{at}day",
                    forms.IntegerField(
                        label=_("Day of the month"), required=False, min_value=1, max_value=31, initial=values["day"],
                        widget=forms.NumberInput(attrs={**NO_FILL, "inputmode": "numeric"}),
                        help_text=_("1 to 31, where the day is fixed. A shorter month takes its last day.")
                        if len(product.starts) > 1 else "",
                    ),
                )  # fmt: skip
            if product.one_off_at_start == "optional":
                self._add(
                    key, f"{at}one_off",
                    forms.BooleanField(
                        label=_("The first payment is taken at once"), required=False, initial=values["one_off"]
                    ),
                )  # fmt: skip
            elif product.one_off_at_start:
                self._fix(key, _("At once"), _("The first payment is taken with the approval"))
        if product.tax_deductible:
            self._fix(key, _("Tax"), _("Deductible"))

    def _amount(self, key: str, name: str, amount: Amount, currency: str, value: int | None) -> None:
        if amount.rule == "fixed":
            self._fix(key, _("Amount"), money_text(amount.value, currency))
        elif amount.rule == "choice":
            choices = [(str(one), money_text(one, currency)) for one in amount.choices]
            self._add(key, name, choice_field(_("Amount"), choices, str(value)))
        else:
            words: list[Any] = []
            if amount.min is not None and amount.max is not None:
                low, high = money_text(amount.min, currency), money_text(amount.max, currency)
                words = [_("From %(low)s to %(high)s") % {"low": low, "high": high}]
            elif amount.min is not None:
                words = [_("At least %(low)s") % {"low": money_text(amount.min, currency)}]
            elif amount.max is not None:
                words = [_("At most %(high)s") % {"high": money_text(amount.max, currency)}]
            label = _("Amount in %(currency)s") % {"currency": currency}
            self._add(
                key, name,
                AmountField(
                    currency, usual=amount.choices, label=label, initial=major(value, currency),
                    help_text=" · ".join(map(str, words)),
                ),
            )  # fmt: skip

    def _methods(self, key: str, name: str, methods: Sequence[str], value: str, *, needed: bool) -> None:
        served = [one for one in methods if one in self.offer.served]
        if len(served) == 1 and len(methods) == 1:
            self._fix(key, _("Payment"), texts.METHODS[served[0]])
            return
        choices: list[tuple[str, str | Promise]] = [(one, texts.METHODS[one]) for one in served]
        if not needed:
            choices.insert(0, ("", _("The donor chooses")))
        self._add(key, name, choice_field(_("Payment"), choices, value if value in served else "", required=needed))

    def _act(self, action: str, act: UpgradeAct) -> None:
        at = f"{action}-"
        if action == "change_amount":
            usual = act.amount.usual
            self._amount(action, f"{at}amount", act.amount, self.offer.currency, usual)
        elif action == "change_frequency":
            choices = [(one, texts.SCHEDULES[one]) for one in act.schedules]
            self._add(action, f"{at}schedule", choice_field(_("How often"), choices, ""))
        elif action == "change_payment_method":
            choices = [(one, texts.METHODS[one]) for one in act.methods if one in self.offer.served]
            self._add(action, f"{at}method", choice_field(_("New payment method"), choices, ""))
        elif action == "pause":
            choices = [(one, texts.HOLDS[one]) for one in act.kinds]
            self._add(action, f"{at}kind", choice_field(_("For how long"), choices, act.kinds[0]))
            if "skip" in act.kinds:
                number = forms.IntegerField(
                    label=_("How many payments"), required=False, min_value=1, max_value=act.most_skipped,
                    widget=forms.NumberInput(attrs={**NO_FILL, "inputmode": "numeric"}),
                )  # fmt: skip
                self._add(action, f"{at}count", number)
            if "until" in act.kinds:
                self._add(action, f"{at}until", date_field(_("Until and with the day before")))
        elif action == "set_expiry":
            self._add(action, f"{at}date", date_field(_("Last day"), required=True))
        elif action == "cancel":
            why = forms.CharField(label=_("Why, if they say so"), required=False, max_length=LONGEST)
            why.widget.attrs.update(NO_FILL)
            self._add(action, f"{at}reason", why)

    def _language(self) -> None:
        """In what the donor reads what is sent to them: nothing is, where what is done needs no link."""
        offer = self.offer
        one = forms.ChoiceField(
            label=_("The donor reads"), choices=list(_LANGUAGES.items()), widget=Segmented,
            initial=offer.language if offer.language in _LANGUAGES else offer.definition.languages[0],
        )  # fmt: skip
        if self.signup:
            self.fields["language"] = one
        for key in self.keys:
            if not self.signup and not is_local(key):
                self._add(key, "language", one)

    # --- for the template ----------------------------------------------------------------------

    @property
    def choice_name(self) -> str:
        return "product" if self.signup else "action"

    @property
    def contact(self) -> list[BoundField]:
        return [self[name] for name in self.fields if name.startswith("contact-")]

    @property
    def unspoken(self) -> list[str]:
        """What the donor is asked for on their own device: nobody says it on the telephone."""
        roles = [one.role for one in self.offer.definition.contact_fields if one.sensitive]
        return [str(texts.CONTACT_ROLES.get(role, role)) for role in roles]

    @property
    def known(self) -> list[tuple[Any, str]]:
        """What is known of the contact and not the agent's to change."""
        return [
            (texts.CONTACT_ROLES.get(one.role, one.role), self.prefill.contact[one.role])
            for one in self.offer.definition.contact_fields
            if self.prefill.contact.get(one.role) and not one.sensitive and f"contact-{one.role}" not in self.fields
        ]

    @property
    def metadata(self) -> list[BoundField]:
        return [self[name] for name in self.fields if name.startswith("metadata-")]

    @property
    def panels(self) -> list[Panel]:
        found = []
        for key in self.keys:
            fixed, names = self._panels[key]
            product = self.offer.definition.product(key) if self.signup else None
            name = product.name if product is not None else texts.ACTIONS[key]
            text = product.agreement_description if product is not None else ""
            found.append(Panel(key, name, fixed, [self[one] for one in names], key == self.chosen, text))
        return found

    # --- what was filled in --------------------------------------------------------------------

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        # Of the other tabs nothing is read, right or wrong.
        for key in self.keys:
            for name in self._panels[key][1] if key != self.chosen else ():
                self.errors.pop(name, None)
        for role in sorted(self._beyond):
            if cleaned.get(f"contact-{role}", "") != self.prefill.contact.get(role, ""):
                self.add_error(f"contact-{role}", _("This cannot be changed together with what is to be done."))
        if not self.chosen:
            self.add_error(None, _("Choose what is to be done."))
        return cleaned

    def _given(self, key: str, names: Sequence[str], at: str) -> dict[str, Any]:
        found = {name: self.cleaned_data.get(f"{at}{name}") for name in names if f"{at}{name}" in self._panels[key][1]}
        return {name: value for name, value in found.items() if value not in (None, "")}

    @property
    def agreement(self) -> dict[str, Any]:
        """What of the product was chosen; what it fixes is left to it."""
        if not self.signup:
            return {}
        found = self._given(self.chosen, ("amount", "schedule", "start", "day", "one_off"), f"product-{self.chosen}-")
        if isinstance(found.get("amount"), str):
            found["amount"] = int(found["amount"])
        if found.get("start") == "next_possible":
            found.pop("day", None)
        if f"product-{self.chosen}-one_off" not in self.fields:
            found.pop("one_off", None)
        return found

    @property
    def payment_method(self) -> str | None:
        return self.cleaned_data.get(f"product-{self.chosen}-method") or None if self.signup else None

    @property
    def params(self) -> dict[str, Any]:
        """The act's own."""
        if self.signup:
            return {}
        names = ("amount", "schedule", "method", "kind", "count", "until", "date", "reason")
        found = self._given(self.chosen, names, f"{self.chosen}-")
        if isinstance(found.get("amount"), str):
            found["amount"] = int(found["amount"])
        kind = found.get("kind")
        if kind is not None:
            found = {name: value for name, value in found.items() if name in ("kind", _OF_KIND.get(kind, "kind"))}
        return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in found.items()}

    @property
    def contact_given(self) -> dict[str, str]:
        """What was typed; what was emptied is said so where something was known."""
        found = {}
        for name in self.fields:
            if not name.startswith("contact-"):
                continue
            role, value = name.removeprefix("contact-"), self.cleaned_data.get(name, "")
            if role not in self._beyond and (value or self.prefill.contact.get(role)):
                found[role] = value
        return found

    @property
    def metadata_given(self) -> dict[str, Any]:
        found = {}
        for one in self.offer.definition.metadata_fields:
            value = self.cleaned_data.get(f"metadata-{one.key}")
            if value not in (None, ""):
                found[one.key] = value.isoformat() if hasattr(value, "isoformat") else value
        return found

    def put(self, wrong: Invalid | Conflict) -> None:
        """The action's faults, each at its field."""
        if not wrong.errors:
            self.add_error(None, str(wrong.detail))
        for fault in wrong.errors:
            self.add_error(self._place(fault), str(fault.detail))

    def _place(self, fault: Fault) -> str | None:
        loc = [str(one) for one in fault.loc]
        last = loc[-1] if loc else ""
        names = [f"{'-'.join(loc)}"]
        if loc[:1] in (["agreement"], ["payment_method"]):
            names = [f"product-{self.chosen}-{'method' if last == 'payment_method' else last}"]
        elif loc[:1] == ["params"]:
            names = [f"{self.chosen}-{last}"]
        elif loc[:1] == ["contact"]:
            names = [f"contact-{last}"]
        return next((name for name in names if name in self.fields), None)


_OF_KIND = {"skip": "count", "until": "until"}
