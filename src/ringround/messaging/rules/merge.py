"""Merge fields: `{{ contact.Fornavn }}`, with what to write where there is nothing: `{{ contact.Fornavn | "du" }}`.

A field is one of `ROOTS`, a full stop and a name, or one of `ALONE`. What a contact's columns are called is the list's
affair, so names are taken as they stand, spaces and all, and read without regard to upper and lower case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from ringround.kernel.errors import Fault, Loc
from ringround.kernel.messages import N_

ROOTS = ("contact", "lead", "campaign", "agent", "organisation")
# Filled in when the message is sent, since it is the message's own address.
UNSUBSCRIBE = "unsubscribe_link"
ALONE = (UNSUBSCRIBE,)
MOST_FIELDS = 100

_FIELD = re.compile(r"\{\{\s*(?P<name>[^{}|]*?)\s*(?:\|\s*[\"“”„](?P<fallback>[^\"“”„{}]*)[\"“”„]\s*)?\}\}")


@dataclass(frozen=True, slots=True)
class Filled:
    """A text with its fields filled in; `missing` names the fields that have neither a value nor a fallback."""

    text: str
    missing: tuple[str, ...] = ()


def fields(text: str) -> tuple[str, ...]:
    """The names of the fields in a text, each once, in their order."""
    return tuple(dict.fromkeys(found["name"] for found in _FIELD.finditer(text)))


def check(text: str, *, loc: Loc) -> list[Fault]:
    """What is wrong with a template's text: `unknown_field`, or `bad_field` for braces that are no field."""
    faults = []
    for found in _FIELD.finditer(text):
        name = found["name"]
        root, dot, rest = name.partition(".")
        if name.casefold() in ALONE or (root.casefold() in ROOTS and dot and rest.strip()):
            continue
        faults.append(
            Fault(loc, "unknown_field", N_("There is no such merge field."), {"field": name, "known": [*ROOTS, *ALONE]})
        )
    rest = _FIELD.sub("", text)
    if "{{" in rest or "}}" in rest:
        words = N_('Write a merge field as {{ contact.name }} or {{ contact.name | "what else" }}.')
        faults.append(Fault(loc, "bad_field", words))
    if len(_FIELD.findall(text)) > MOST_FIELDS:
        faults.append(Fault(loc, "too_many_fields", N_("There are more merge fields than a template may have.")))
    return faults


def fill(text: str, values: Mapping[str, str | None], *, html: bool = False) -> Filled:
    """The text with its fields filled in. Values are escaped in HTML; a value never brings fields of its own.

    A value that is empty, or all blanks, is none. What stands alone (`ALONE`) stays, for `fill_alone`.
    """
    if "{{" not in text:
        return Filled(text)
    known = {name.casefold(): value for name, value in values.items()}
    missing: list[str] = []

    def one(found: re.Match[str]) -> str:
        name = found["name"]
        if name.casefold() in ALONE:
            return found[0]
        value = known.get(name.casefold())
        if value is None or not value.strip():
            value = found["fallback"]
            if value is None:
                missing.append(name)
                return ""
        # Braces in a value would be read as a field when the link is filled in.
        value = value.replace("{{", "{ {").replace("}}", "} }")
        return escape(value) if html else value

    return Filled(_FIELD.sub(one, text), tuple(dict.fromkeys(missing)))


def fill_alone(text: str, values: Mapping[str, str], *, html: bool = False) -> str:
    """Fill in what is known only when the message is sent."""
    if "{{" not in text:
        return text

    def one(found: re.Match[str]) -> str:
        value = values.get(found["name"].casefold(), found["fallback"] or "")
        return escape(value) if html else value

    return _FIELD.sub(one, text)


def choose_language(wanted: Iterable[str | None], there: Iterable[str]) -> str | None:
    """The first wanted language that there is, also by its base (`da-DK` is `da`); else the first there is."""
    found = list(there)
    for language in wanted:
        for one in (language, (language or "").partition("-")[0]):
            if one and one in found:
                return one
    return found[0] if found else None
