"""The campaign's form: which questions it may have, and whether answers fit them.

Answers are kept as JSON by the question's key; a question that goes leaves its answers where they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from ringround.campaigns.rules.lines import read_line
from ringround.kernel import columns, text
from ringround.kernel.columns import FORM_TYPES
from ringround.kernel.errors import Fault, Invalid, Loc
from ringround.kernel.messages import N_

MAX_FIELDS = 100
MAX_OPTIONS = 200
MAX_LABEL = 500
MAX_OPTION = 200
_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}", re.ASCII)
_CHOICES = frozenset({"choice", "multi_choice"})
# Types whose answer another question may ask about.
_ASKABLE = frozenset({"choice", "multi_choice", "bool"})


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One question. `shown_if` is `{"key", "value"}`: asked only when that earlier answer is (or holds) this."""

    key: str
    label: str
    type: str
    required: bool = False
    default: Any = None
    options: Sequence[str] = field(default_factory=tuple)
    shown_if: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """The shape in which the API gives and takes it."""
        found: dict[str, Any] = {"key": self.key, "label": self.label, "type": self.type, "required": self.required}
        if self.type in _CHOICES:
            found["options"] = list(self.options)
        if self.default is not None:
            found["default"] = self.default
        if self.shown_if:
            found["shown_if"] = dict(self.shown_if)
        return found


# --- the form itself --------------------------------------------------------------------------


def read_form(raw: object, *, loc: Loc = ("form",)) -> list[FieldSpec]:
    """The questions in order, or Invalid with every fault."""
    if not isinstance(raw, Sequence) or isinstance(raw, str | bytes):
        raise Invalid.one(loc, "wrong_type", N_("A form is a list of questions."))
    if len(raw) > MAX_FIELDS:
        raise Invalid.one(loc, "too_many", N_("A form has at most %(limit)s questions.", limit=MAX_FIELDS))
    faults: list[Fault] = []
    found: list[FieldSpec] = []
    for index, one in enumerate(raw):
        spec = _read_field(one, (*loc, index), found, faults)
        if spec is not None:
            found.append(spec)
    if faults:
        raise Invalid(faults)
    return found


_PARTS = frozenset({"key", "label", "type", "required", "default", "options", "shown_if"})


def _read_field(raw: object, loc: Loc, earlier: Sequence[FieldSpec], faults: list[Fault]) -> FieldSpec | None:
    if not isinstance(raw, Mapping):
        faults.append(Fault(loc, "wrong_type", N_("A question is an object.")))
        return None
    before = len(faults)
    for name in raw:
        if name not in _PARTS:
            faults.append(Fault((*loc, str(name)), "unknown_field", N_("There is no such field.")))
    label = read_line(raw.get("label"), MAX_LABEL, (*loc, "label"), faults)
    kind = raw.get("type")
    if kind not in FORM_TYPES:
        faults.append(
            Fault((*loc, "type"), "not_an_option", N_("This is no type of question."), {"options": list(FORM_TYPES)})
        )
        return None
    key = raw.get("key")
    taken = {one.key for one in earlier}
    if key in (None, ""):
        key = key_of(label or "", taken)
    elif not isinstance(key, str) or not _KEY.fullmatch(key):
        faults.append(
            Fault((*loc, "key"), "bad_key", N_("A key is a letter, then letters, digits and _, all small, at most 60."))
        )
    elif key in taken:
        faults.append(Fault((*loc, "key"), "duplicate", N_("Another question has this key.")))
    options = _options(raw.get("options"), str(kind), (*loc, "options"), faults)
    required = raw.get("required", False)
    if not isinstance(required, bool):
        faults.append(Fault((*loc, "required"), "wrong_type", N_("Say true or false.")))
    default: Any = None
    if raw.get("default") is not None and len(faults) == before:
        value = columns.parse(str(kind), raw["default"], options=options, loc=(*loc, "default"))
        if isinstance(value, Fault):
            faults.append(value)
        else:
            default = columns.to_json(value)
    shown_if = _shown_if(raw.get("shown_if"), earlier, (*loc, "shown_if"), faults)
    if len(faults) > before:
        return None
    return FieldSpec(str(key), label or "", str(kind), bool(required), default, tuple(options), shown_if)


def key_of(label: str, taken: set[str]) -> str:
    """A key made of the label: `Hvorfor ikke?` is `hvorfor_ikke`; a number is added where it is taken."""
    plain = text.fold(label).replace("æ", "ae").replace("ø", "oe")
    stem = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:50] or "question"
    if not stem[0].isalpha():
        stem = f"q_{stem}"
    key, number = stem, 2
    while key in taken:
        key, number = f"{stem}_{number}", number + 1
    return key


def _options(raw: object, kind: str, loc: Loc, faults: list[Fault]) -> list[str]:
    if kind not in _CHOICES:
        if raw:
            faults.append(Fault(loc, "no_options", N_("Only choices have options.")))
        return []
    if not isinstance(raw, Sequence) or isinstance(raw, str | bytes) or not raw:
        faults.append(Fault(loc, "required", N_("Give the options to choose among.")))
        return []
    if len(raw) > MAX_OPTIONS:
        faults.append(Fault(loc, "too_many", N_("At most %(limit)s options.", limit=MAX_OPTIONS)))
        return []
    found: list[str] = []
    for index, one in enumerate(raw):
        option = read_line(one, MAX_OPTION, (*loc, index), faults)
        if option is None:
            continue
        if option.casefold() in {known.casefold() for known in found}:
            faults.append(Fault((*loc, index), "duplicate", N_("This option stands there twice.")))
        found.append(option)
    return found


def _shown_if(raw: object, earlier: Sequence[FieldSpec], loc: Loc, faults: list[Fault]) -> dict[str, Any] | None:
    if raw is None:
        return None
    if not isinstance(raw, Mapping) or set(raw) != {"key", "value"}:
        faults.append(Fault(loc, "wrong_type", N_("Give the key of an earlier question and the value it must have.")))
        return None
    asked = next((one for one in earlier if one.key == raw["key"]), None)
    # Only earlier ones: then no two questions can wait for each other.
    if asked is None or asked.type not in _ASKABLE:
        faults.append(
            Fault((*loc, "key"), "unknown_question", N_("Name an earlier question with a choice or yes and no."))
        )
        return None
    kind = "choice" if asked.type == "multi_choice" else asked.type
    value = columns.parse(kind, raw["value"], options=asked.options, loc=(*loc, "value"))
    if value is None or isinstance(value, Fault):
        faults.append(value or Fault((*loc, "value"), "required", N_("This is required.")))
        return None
    return {"key": asked.key, "value": columns.to_json(value)}


# --- answers ----------------------------------------------------------------------------------


def parse_answers(
    form: Sequence[FieldSpec],
    answers: Mapping[str, Any],
    *,
    required: bool,
    zone: ZoneInfo | None = None,
    region: str | None = None,
    before: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Answers as they are kept, by key; Invalid with a fault at each key that is wrong.

    With `required` the form was opened: questions that are shown and must be answered are asked for, and defaults
    stand for what was left out. What is shown hangs on these answers and on those `before`. An answer to a question
    that is not shown is dropped, and so is any older one of it.
    """
    faults = [
        Fault((str(key),), "unknown_field", N_("The form has no such question."))
        for key in answers
        if key not in {one.key for one in form}
    ]
    found: dict[str, Any] = {}
    for one in form:
        if not is_shown(one, {**(before or {}), **found}):
            if one.key in answers or required:
                found[one.key] = None
            continue
        if one.key not in answers:
            if required and one.default is not None:
                found[one.key] = one.default
            elif required and one.required:
                faults.append(Fault((one.key,), "required", N_("This must be answered.")))
            continue
        value = columns.parse(
            one.type, answers[one.key], options=one.options, zone=zone, region=region, loc=(one.key,)
        )  # fmt: skip
        if isinstance(value, Fault):
            faults.append(value)
        elif one.type == "phone" and value is not None and not getattr(value, "valid", True):
            faults.append(Fault((one.key,), "bad_phone", N_("This is not a phone number.")))
        elif value is None and required and one.required:
            faults.append(Fault((one.key,), "required", N_("This must be answered.")))
        else:
            found[one.key] = columns.to_json(value)
    if faults:
        raise Invalid(faults)
    return found


def is_shown(one: FieldSpec, answers: Mapping[str, Any]) -> bool:
    """Whether the question is asked, given the answers before it."""
    if not one.shown_if:
        return True
    given = answers.get(one.shown_if["key"])
    wanted = one.shown_if["value"]
    return wanted in given if isinstance(given, list) else given == wanted and given is not None
