"""A campaign's dispositions: what each kind may say, the two that are always there, and what a new campaign has."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ringround.campaigns.rules.dispose import STATUS
from ringround.campaigns.rules.lines import read_line
from ringround.campaigns.rules.settings import read_retry
from ringround.kernel.errors import Fault, Invalid, Loc
from ringround.kernel.messages import N_, Message

KINDS = (
    "engaged", "not_engaged", "no_contact", "callback_private", "callback_common", "do_not_call_back", "invalid",
    "no_action",
)  # fmt: skip
OUTCOMES = ("answered", "no_answer", "busy", "machine", "invalid_number", "failed", "abandoned", "cancelled")
# Statuses a disposition may set. `new` and `exhausted` come from a reset and from the attempts alone.
STATUSES = (
    "success", "not_interested", "unqualified", "invalid", "automatic_redial", "common_redial", "private_redial",
)  # fmt: skip
MAX_DISPOSITIONS, MAX_NAME, MAX_SUB = 200, 100, 50
_COLOR = re.compile(r"#[0-9a-f]{6}", re.ASCII)
_HOTKEY = re.compile(r"[a-z0-9]", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A disposition as a campaign keeps it."""

    name: str
    kind: str
    id: str | None = None
    status: str | None = None
    outcome: str | None = None
    opens_form: bool = False
    hidden: bool = False
    order: int | None = None
    color: str = ""
    hotkey: str = ""
    locked: bool = False
    retry: Mapping[str, Any] | None = None
    sub: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Default:
    """One that a new campaign begins with; its name is said in the organisation's language."""

    name: Message
    kind: str
    status: str | None = None
    outcome: str | None = None
    opens_form: bool = False
    hotkey: str = ""
    locked: bool = False
    color: str = ""


GREEN, RED, GREY, AMBER, BLUE = "#2fb344", "#d63939", "#667382", "#f59f00", "#4299e1"
DEFAULTS = (
    Default(N_("Sold"), "engaged", "success", None, True, "1", color=GREEN),
    Default(N_("Not interested"), "not_engaged", "not_interested", None, True, "2", color=RED),
    Default(N_("Not in the target group"), "not_engaged", "unqualified", None, False, "3", color=RED),
    Default(N_("No answer"), "no_contact", "automatic_redial", "no_answer", False, "4", color=GREY),
    Default(N_("Busy"), "no_contact", "automatic_redial", "busy", False, "5", color=GREY),
    Default(N_("Answering machine"), "no_contact", "automatic_redial", "machine", False, "6", color=GREY),
    Default(N_("Wrong number"), "invalid", "invalid", "invalid_number", False, "7", color=GREY),
    Default(N_("Callback appointment"), "callback_private", None, None, False, "8", True, color=BLUE),
    Default(N_("Do not call back"), "do_not_call_back", None, None, False, "9", True, color=AMBER),
)

_PARTS = frozenset(
    {
        "id", "name", "kind", "status", "outcome", "opens_form", "hidden", "order", "color", "hotkey", "locked",
        "retry", "sub",
    }
)  # fmt: skip


def read(raw: object, locked: Mapping[str, tuple[str, str]], *, loc: Loc = ("dispositions",)) -> list[Spec]:
    """The whole list in order, or Invalid with every fault. `locked`: the campaign's locked ones, {id: (name, kind)}.

    Locked ones that are left out stay; one that is there may get another place, colour or key, and nothing else.
    """
    if not isinstance(raw, Sequence) or isinstance(raw, str | bytes):
        raise Invalid.one(loc, "wrong_type", N_("Give a list of dispositions."))
    if len(raw) > MAX_DISPOSITIONS:
        raise Invalid.one(loc, "too_many", N_("At most %(limit)s dispositions.", limit=MAX_DISPOSITIONS))
    faults: list[Fault] = []
    found: list[Spec] = []
    names: set[str] = set()
    hotkeys: set[str] = set()
    for index, one in enumerate(raw):
        here = (*loc, index)
        spec = _read_one(one, here, faults)
        if spec is None:
            continue
        if spec.name.casefold() in names:
            faults.append(Fault((*here, "name"), "duplicate", N_("Another disposition has this name.")))
        if spec.hotkey and spec.hotkey in hotkeys:
            faults.append(Fault((*here, "hotkey"), "duplicate", N_("Another disposition has this key.")))
        names.add(spec.name.casefold())
        hotkeys.add(spec.hotkey)
        found.append(spec)
    _check_locked(found, locked, loc, faults)
    if faults:
        raise Invalid(faults)
    if any(one.order is not None for one in found):
        found.sort(key=lambda one: one.order if one.order is not None else len(found))
    return found


def _check_locked(found: Sequence[Spec], locked: Mapping[str, tuple[str, str]], loc: Loc, faults: list[Fault]) -> None:
    by_name = {name.casefold(): id for id, (name, _kind) in locked.items()}
    for index, one in enumerate(found):
        known = one.id if one.id in locked else by_name.get(one.name.casefold())
        if known is None:
            continue
        if (one.name, one.kind) != locked[known] or one.hidden:
            name = locked[known][0]
            faults.append(Fault((*loc, index), "locked", N_("%(name)s is in every campaign as it is.", name=name)))


def _read_one(raw: object, loc: Loc, faults: list[Fault]) -> Spec | None:
    if not isinstance(raw, Mapping):
        faults.append(Fault(loc, "wrong_type", N_("A disposition is an object.")))
        return None
    before = len(faults)
    faults += [
        Fault((*loc, str(name)), "unknown_field", N_("There is no such field.")) for name in raw if name not in _PARTS
    ]
    name = read_line(raw.get("name"), MAX_NAME, (*loc, "name"), faults)
    kind = raw.get("kind")
    if kind not in KINDS:
        faults.append(
            Fault(
                (*loc, "kind"), "not_an_option", N_("There is no such kind of disposition."), {"options": list(KINDS)}
            )
        )
        return None
    status = _status(str(kind), raw.get("status"), (*loc, "status"), faults)
    outcome = raw.get("outcome")
    if outcome is not None and outcome not in OUTCOMES:
        faults.append(
            Fault((*loc, "outcome"), "not_an_option", N_("There is no such call result."), {"options": list(OUTCOMES)})
        )
    for flag in ("opens_form", "hidden", "locked"):
        if not isinstance(raw.get(flag, False), bool):
            faults.append(Fault((*loc, flag), "wrong_type", N_("Say true or false.")))
    order = raw.get("order")
    if order is not None and (isinstance(order, bool) or not isinstance(order, int) or not -32000 <= order <= 32000):
        faults.append(Fault((*loc, "order"), "wrong_type", N_("Give a whole number.")))
    color = str(raw.get("color") or "").lower()
    if color and not _COLOR.fullmatch(color):
        faults.append(Fault((*loc, "color"), "bad_format", N_("Write the colour as #rrggbb.")))
    hotkey = str(raw.get("hotkey") or "").lower()
    if hotkey and not _HOTKEY.fullmatch(hotkey):
        faults.append(Fault((*loc, "hotkey"), "bad_format", N_("A key is one letter or digit.")))
    retry: dict[str, Any] | None = None
    if raw.get("retry") is not None:
        read_rule = read_retry(raw["retry"], (*loc, "retry"))
        if isinstance(read_rule, Fault):
            faults.append(read_rule)
        else:
            retry = read_rule
    sub = _sub(raw.get("sub"), (*loc, "sub"), faults)
    if len(faults) > before:
        return None
    return Spec(
        name=name or "", kind=str(kind), id=str(raw["id"]) if raw.get("id") is not None else None, status=status,
        outcome=outcome, opens_form=raw.get("opens_form", False), hidden=raw.get("hidden", False), order=order,
        color=color, hotkey=hotkey, retry=retry or None, sub=tuple(sub),
    )  # fmt: skip


def _status(kind: str, raw: object, loc: Loc, faults: list[Fault]) -> str | None:
    """The status it sets: what is said, else by kind. Callbacks, do not call back and no action set their own."""
    if kind not in STATUS:
        if raw is not None:
            faults.append(Fault(loc, "status_not_allowed", N_("This kind of disposition sets its own status.")))
        return None
    if raw is None:
        return STATUS[kind]
    if raw not in STATUSES:
        detail = N_("A disposition cannot set this status.")
        faults.append(Fault(loc, "not_an_option", detail, {"options": list(STATUSES)}))
        return None
    return str(raw)


def _sub(raw: object, loc: Loc, faults: list[Fault]) -> list[str]:
    if raw is None:
        return []
    if not isinstance(raw, Sequence) or isinstance(raw, str | bytes) or len(raw) > MAX_SUB:
        faults.append(Fault(loc, "wrong_type", N_("Give a list of at most %(limit)s texts.", limit=MAX_SUB)))
        return []
    found = [read_line(one, MAX_NAME, (*loc, index), faults) for index, one in enumerate(raw)]
    return list(dict.fromkeys(one for one in found if one))
