"""The workflow's form as a whole: read from a definition or from what was posted, and given back as a definition.

Its rows (products, fields of its own) have names that say nothing (`p3`), in the order of their hidden inputs; `next`
counts on, so that no row ever gets the name of one that was taken away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from django import forms
from django.http import QueryDict

from ringround.kernel.errors import Conflict, Invalid
from ringround.onboarding.forms.parts import ContactFieldForm, GeneralForm, MetadataForm, Part
from ringround.onboarding.forms.products import ActForm, ProductForm
from ringround.onboarding.rules import workflow as rules
from ringround.onboarding.rules.workflow import definition as bounds
from ringround.onboarding.rules.workflow.allowed import UPGRADES

ASKED_AT_FIRST = (
    {"role": "first_name", "required": True}, {"role": "last_name", "required": True},
    {"role": "phone", "required": True}, {"role": "email"},
)  # fmt: skip
# What a new workflow begins with.
FIRST: dict[str, dict[str, Any]] = {
    "signup": {"intention": "signup", "contact_fields": ASKED_AT_FIRST, "products": [{}]},
    "upgrade": {
        # Whose agreement it is is known: what is asked is what may be updated.
        "intention": "upgrade", "contact_fields": tuple({"role": one["role"]} for one in ASKED_AT_FIRST),
        "upgrade": {
            **dict.fromkeys(("change_amount", "change_frequency", "change_payment_method"), "junior_agent"),
            **dict.fromkeys(("pause", "restart", "cancel", "set_expiry"), "senior_agent"),
        },
    },
}  # fmt: skip


class Make(Protocol):
    """Makes a form of its class, its prefix and what else it wants."""

    def __call__(self, form: type[forms.Form], prefix: str, **more: Any) -> Any: ...


class Builder:
    """All forms of one workflow. Bound when made by `posted`; `held` is what was posted, not judged."""

    def __init__(self, intention: str, make: Make, names: Rows, order: Sequence[str]) -> None:
        self.intention = intention
        self.names = names
        self.general: GeneralForm = make(GeneralForm, "g")
        self.fields: list[ContactFieldForm] = [make(ContactFieldForm, f"c-{role}", role=role) for role in order]
        self.metadata: list[MetadataForm] = [make(MetadataForm, name) for name in names.metadata]
        signup = intention == "signup"
        self.products: list[ProductForm] = [make(ProductForm, name) for name in names.products] if signup else []
        asked = [one.role for one in self.fields if one["ask"].value() and _ticked(one["editable"].value())]
        self.acts: list[ActForm] = (
            [] if signup else [make(ActForm, f"u-{act}", action=act.value, asked=asked) for act in UPGRADES]
        )

    # --- where it comes from ---

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Builder:
        """Of a definition."""
        names = Rows.counted(len(said.get("products") or ()), len(said.get("metadata_fields") or ()))
        asked = {one["role"]: one for one in said.get("contact_fields") or ()}
        editable = [role for role, one in asked.items() if one.get("editable", True)]
        initial: dict[str, dict[str, Any]] = {"g": GeneralForm.start(said)}
        initial |= {f"c-{role}": ContactFieldForm.start(asked.get(role)) for role in rules.CONTACT_ROLES}
        pairs = zip(names.products, said.get("products") or (), strict=True)
        initial |= {name: ProductForm.start(one) for name, one in pairs}
        pairs = zip(names.metadata, said.get("metadata_fields") or (), strict=True)
        initial |= {name: MetadataForm.start(one) for name, one in pairs}
        acts = said.get("upgrade") or {}
        initial |= {f"u-{act}": ActForm.start(acts.get(act), editable) for act in UPGRADES}

        def make(form: Any, prefix: str, **more: Any) -> Any:
            return form(prefix=prefix, initial=initial.get(prefix, {}), **more)

        return cls(str(said["intention"]), make, names, _ordered(list(asked)))

    @classmethod
    def posted(cls, intention: str, data: QueryDict) -> Builder:
        """What was posted, to be judged."""

        def make(form: Any, prefix: str, **more: Any) -> Any:
            return form(data, prefix=prefix, **more)

        return cls(intention, make, Rows.posted(data), _ordered(data.getlist("role")))

    @classmethod
    def held(cls, intention: str, data: QueryDict, do: str) -> Builder:
        """What was posted, not judged, after one row was added or taken away."""
        names = Rows.posted(data)
        known = {*names.products, *names.metadata}
        names.do(do)

        def make(form: Any, prefix: str, **more: Any) -> Any:
            there = prefix in known or not prefix.startswith(("p", "m"))
            typed = {
                name: field.widget.value_from_datadict(data, {}, f"{prefix}-{name}")
                for name, field in form.base_fields.items()
            }
            return form(prefix=prefix, initial=typed if there else {}, **more)

        return cls(intention, make, names, _ordered(data.getlist("role")))

    # --- what becomes of it ---

    @property
    def parts(self) -> list[Part]:
        return [self.general, *self.fields, *self.metadata, *self.products, *self.acts]

    def is_valid(self) -> bool:
        # Each of them, so that all that is wrong is said at once.
        return not sum(not one.is_valid() for one in self.parts)

    def said(self) -> dict[str, Any]:
        """The definition as far as it is right."""
        self.is_valid()
        fields = [one for one in (form.said() for form in self.fields) if one is not None]
        editable = [one["role"] for one in fields if one["editable"]]
        keys = {str(one.cleaned_data.get("key") or "") for one in self.products}
        own = {str(one.cleaned_data.get("key") or "") for one in self.metadata}
        found: dict[str, Any] = {
            **self.general.said(),
            "intention": self.intention,
            "contact_fields": fields,
            "metadata_fields": [one.said(own) for one in self.metadata],
        }
        if self.intention == "signup":
            found["products"] = [one.said(keys) for one in self.products]
        else:
            acts = ((one.action, one.said(editable)) for one in self.acts)
            found["upgrade"] = {action: act for action, act in acts if act is not None}
        return found

    def put(self, wrong: Invalid | Conflict) -> None:
        """Each fault at its field."""
        if isinstance(wrong, Conflict):
            self.general.add_error("name" if wrong.code == "name_taken" else None, str(wrong.detail))
            return
        asked = [one for one in self.fields if one.cleaned_data.get("ask")]
        rows: dict[str, Sequence[Part]] = {
            "contact_fields": asked, "metadata_fields": self.metadata, "products": self.products,
        }  # fmt: skip
        acts = {one.action: one for one in self.acts}
        for fault in wrong.errors:
            loc = fault.loc
            first, second = (loc[0] if loc else ""), (loc[1] if len(loc) > 1 else None)
            if first in rows and isinstance(second, int) and second < len(rows[str(first)]):
                rows[str(first)][second].put(loc[2:], fault)
            elif first == "upgrade" and second in acts:
                acts[str(second)].put(loc[2:], fault)
            else:
                self.general.put(loc, fault)

    @property
    def wrong(self) -> bool:
        return any(form.is_bound and form.errors for form in self.parts)


class Rows:
    """The names of the rows that there may be many of."""

    def __init__(self, products: list[str], metadata: list[str], following: int) -> None:
        self.products, self.metadata, self.next = products, metadata, following

    @classmethod
    def counted(cls, products: int, metadata: int) -> Rows:
        return cls([f"p{n}" for n in range(products)], [f"m{n}" for n in range(metadata)], max(products, metadata))

    @classmethod
    def posted(cls, data: QueryDict) -> Rows:
        def names(kind: str, most: int) -> list[str]:
            found = [one for one in data.getlist(kind) if one[1:].isdigit() and len(one) < 6 and one[0] == kind[0]]
            return list(dict.fromkeys(found))[:most]

        products, metadata = names("product", bounds.MAX_PRODUCTS), names("metadata", bounds.MAX_METADATA)
        highest = max((int(one[1:]) for one in (*products, *metadata)), default=-1)
        said = data.get("next", "")
        following = int(said) if said.isdigit() and len(said) < 6 else 0
        return cls(products, metadata, max(following, highest + 1))

    def do(self, what: str) -> None:
        """`add-product`, `add-field`, `drop-p3`, `up-p3`, `down-m1`."""
        verb, _sign, which = what.partition("-")
        if what == "add-product" and len(self.products) < bounds.MAX_PRODUCTS:
            self.products.append(f"p{self.next}")
            self.next += 1
        elif what == "add-field" and len(self.metadata) < bounds.MAX_METADATA:
            self.metadata.append(f"m{self.next}")
            self.next += 1
        for rows in (self.products, self.metadata):
            if which not in rows:
                continue
            at = rows.index(which)
            if verb == "drop":
                rows.remove(which)
            elif verb in ("up", "down") and 0 <= (to := at + (1 if verb == "down" else -1)) < len(rows):
                rows[at], rows[to] = rows[to], rows[at]


def _ordered(asked: Sequence[str]) -> list[str]:
    """Roles in the workflow's own order, those it does not ask for after them."""
    known = [one for one in dict.fromkeys(asked) if one in rules.CONTACT_ROLES]
    return [*known, *(one for one in rules.CONTACT_ROLES if one not in known)]


def _ticked(value: object) -> bool:
    return value not in (None, False, "", "False", "false", "off", "0")
