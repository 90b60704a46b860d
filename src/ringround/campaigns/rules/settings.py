"""Every setting of a campaign: its name in the API, its type, its default, its bounds, and its words.

A campaign's `settings` column holds what was said; `whole` fills in the rest, so that a setting added later has its
default on campaigns made before it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ringround.kernel.errors import Fault, Loc
from ringround.kernel.messages import N_, Message

Kind = Literal["int", "float", "bool", "choice", "text", "lead_order", "retry"]

MINUTE, HOUR, DAY = 60, 3600, 86400
LEAD_ORDERS = ("position", "priority", "newest", "oldest", "random", "attempts", "last_contact")
# Call outcomes that lead to another try and may have a rule of their own.
RETRIED_OUTCOMES = ("no_answer", "busy", "machine", "abandoned", "failed", "cancelled")
# A multiplied delay stops growing here: later is the expiry's business.
LONGEST_DELAY_S = 90 * DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting. `unit` is how the screen counts it (the API always has seconds, hours or days as in the name)."""

    name: str
    kind: Kind
    default: Any
    label: Message
    help: Message
    group: str
    least: float | None = None
    most: float | None = None
    nullable: bool = False
    choices: tuple[str, ...] = ()
    unit: int = 1


def _setting(
    group: str, name: str, kind: Kind, default: Any, label: Message, help: Message, **more: Any
) -> tuple[str, Setting]:
    return name, Setting(name=name, kind=kind, default=default, label=label, help=help, group=group, **more)


SETTINGS: dict[str, Setting] = dict(
    (
        # The hand-out.
        _setting(
            "handout", "lead_order", "lead_order", "position",
            N_("Order of new leads"),
            N_("In which order leads that nobody has tried are given out. Callbacks and retries always come first."),
        ),
        _setting(
            "handout", "new_per_retried", "int", None,
            N_("Retries between new leads"),
            N_("After this many retries the next lead is a new one. Empty: all due retries first."),
            least=1, most=1000, nullable=True,
        ),
        _setting(
            "handout", "reservation_s", "int", 600,
            N_("Reservation"),
            N_("How long a lead is kept for the agent who was given it. A call under way extends it."),
            least=10, most=DAY, unit=MINUTE,
        ),
        _setting(
            "handout", "preview_countdown_s", "int", 0,
            N_("Preview countdown"),
            N_("Seconds until the shown lead is dialled by itself. 0: the agent presses a number."),
            least=0, most=600,
        ),
        _setting(
            "handout", "skip", "choice", "reason",
            N_("Skipping"),
            N_("Whether agents may pass a lead on untouched."),
            choices=("no", "yes", "reason"),
        ),
        _setting(
            "handout", "skip_cooldown_s", "int", 900,
            N_("Pause after skipping"),
            N_("How long a skipped lead is not offered to the same agent again."),
            least=0, most=7 * DAY, unit=MINUTE,
        ),
        _setting(
            "handout", "wrap_up_s", "int", 15,
            N_("Wrap-up"),
            N_("Seconds for finishing after a call before the next lead comes."),
            least=0, most=HOUR,
        ),
        _setting(
            "handout", "ring_timeout_s", "int", 25,
            N_("Ring timeout"),
            N_("Seconds a number rings before it counts as not answered."),
            least=5, most=120,
        ),
        # Trying again.
        _setting(
            "retry", "max_attempts", "int", 5,
            N_("Attempts for each lead"),
            N_("After this many attempts without a result the lead is closed."),
            least=1, most=1000,
        ),
        _setting(
            "retry", "max_attempts_per_number", "int", 3,
            N_("Attempts for each number"),
            N_("A number that was tried this often is not dialled again."),
            least=1, most=1000,
        ),
        _setting(
            "retry", "quarantine_s", "int", HOUR,
            N_("Quarantine"),
            N_("How long a lead that was not reached rests before it is tried again."),
            least=0, most=LONGEST_DELAY_S, unit=MINUTE,
        ),
        _setting(
            "retry", "retry", "retry", {},
            N_("Rules by call result"),
            N_("A quarantine of its own after a busy line, an answering machine and so on."),
        ),
        _setting(
            "retry", "no_callback_days", "int", 30,
            N_("Do not call back"),
            N_("Days a lead rests after “Do not call back”."),
            least=1, most=3650,
        ),
        _setting(
            "retry", "release_private_after_h", "int", 24,
            N_("Release of private callbacks"),
            N_("Hours after which a private callback that its agent has not taken becomes common. Empty: never."),
            least=0, most=8760, nullable=True,
        ),
        _setting(
            "retry", "expiry_days", "int", None,
            N_("Leads expire after"),
            N_("Days from being added until a lead is no longer called. Empty: never."),
            least=1, most=3650, nullable=True,
        ),
        _setting(
            "retry", "deactivation_column", "text", None,
            N_("Deactivation column"),
            N_("A lead whose value in this column is FALSE or 0 is not called."),
            most=200, nullable=True,
        ),
        # What the agent sees and what the exchange does.
        _setting(
            "work", "interaction", "choice", "form",
            N_("Interaction"),
            N_("What stands in the middle of the agent's screen."),
            choices=("form", "external_site", "both"),
        ),
        _setting(
            "work", "recording", "bool", False,
            N_("Record calls"),
            N_("Needs an exchange that can record."),
        ),
        _setting(
            "work", "machine_detection", "bool", False,
            N_("Detect answering machines"),
            N_("Needs an exchange that can listen for them."),
        ),
        _setting(
            "work", "abandon_limit", "float", 0.03,
            N_("Limit of abandoned calls"),
            N_("The greatest share of answered calls that may find no agent free. Only for predictive dialling."),
            least=0, most=1,
        ),
        # The end.
        _setting(
            "end", "fed_by_others", "bool", False,
            N_("Leads come from elsewhere"),
            N_("The campaign may be approved without a list: another program adds its leads."),
        ),
        _setting(
            "end", "complete_when_exhausted", "bool", False,
            N_("Complete when no lead is left"),
            N_("The campaign completes itself when no lead can be called any more."),
        ),
        _setting(
            "end", "complete_when_target", "bool", False,
            N_("Complete when the target is reached"),
            N_("The campaign completes itself with the last engaged disposition that the target asks for."),
        ),
    )
)  # fmt: skip

# A change of one of these moves leads to other places in the order, or in and out of it.
PLACING = frozenset(
    {
        "lead_order", "max_attempts", "max_attempts_per_number", "release_private_after_h", "expiry_days",
        "deactivation_column",
    }
)  # fmt: skip


def defaults(mode: str) -> dict[str, Any]:
    """What a new campaign of this mode has: a manual one has nothing to skip, its agents ask for each lead."""
    found = {name: one.default for name, one in SETTINGS.items()}
    if mode == "manual":
        found["skip"] = "no"
    return found


_DEFAULTS = defaults("")


def whole(raw: Mapping[str, Any]) -> dict[str, Any]:
    """All settings: what was said, and the default of what was not."""
    return {**_DEFAULTS, **{name: value for name, value in raw.items() if name in SETTINGS}}


def read(raw: object, faults: list[Fault], *, loc: Loc = ("settings",)) -> dict[str, Any]:
    """The settings in `raw` that are fit to be kept; what is not is told in `faults`, each by its name."""
    if not isinstance(raw, Mapping):
        faults.append(Fault(loc, "wrong_type", N_("Settings are an object of names and values.")))
        return {}
    found: dict[str, Any] = {}
    for name, value in raw.items():
        one = SETTINGS.get(name) if isinstance(name, str) else None
        if one is None:
            faults.append(
                Fault((*loc, str(name)), "unknown_field", N_("There is no setting %(name)s.", name=str(name)))
            )
            continue
        read_one = _value(one, value, (*loc, name))
        if isinstance(read_one, Fault):
            faults.append(read_one)
        else:
            found[name] = read_one
    return found


def together(settings: Mapping[str, Any], *, external_site: bool, loc: Loc = ("settings",)) -> list[Fault]:
    """What is wrong only in combination."""
    if settings["interaction"] != "form" and not external_site:
        return [
            Fault(
                (*loc, "interaction"), "no_external_site",
                N_("Choose an external site first, or let the form be the interaction."),
            )
        ]  # fmt: skip
    return []


# --- retry rules ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Retry:
    """When to try again: after `delay_s`, times `multiply` for each attempt after the first; at most `max_attempts`."""

    delay_s: int
    multiply: float = 1
    max_attempts: int | None = None

    def delay(self, attempts: int) -> int:
        """Seconds to wait after attempt number `attempts` (from 1). Twice an hour: 3600, 7200, 14400, …"""
        # The exponent is bounded first: 1000 ** 1000 is no delay.
        grown = self.delay_s * self.multiply ** min(max(attempts, 1) - 1, 64)
        return int(min(grown, LONGEST_DELAY_S))


def retry_rule(settings: Mapping[str, Any], outcome: str, own: Mapping[str, Any] | None = None) -> Retry:
    """The rule after a call with this outcome: the disposition's own part for part, else the outcome's, else the
    campaign's quarantine and most attempts."""
    general = {"delay_s": settings["quarantine_s"], "multiply": 1, "max_attempts": settings["max_attempts"]}
    by_outcome = {k: v for k, v in (settings.get("retry") or {}).get(outcome, {}).items() if v is not None}
    mine = {k: v for k, v in (own or {}).items() if v is not None}
    merged = {**general, **by_outcome, **mine}
    # A rule may be stricter than the lead's own limit, never laxer: the claim knows only that one.
    return Retry(
        int(merged["delay_s"]), float(merged["multiply"]), min(int(merged["max_attempts"]), settings["max_attempts"])
    )


def read_retry(raw: object, loc: Loc) -> dict[str, Any] | Fault:
    """A retry rule `{"delay_s", "multiply", "max_attempts"}`, each part optional."""
    if not isinstance(raw, Mapping):
        return Fault(loc, "wrong_type", N_("A retry rule is an object."))
    found: dict[str, Any] = {}
    for name, value in raw.items():
        part = _RETRY_PARTS.get(name) if isinstance(name, str) else None
        if part is None:
            return Fault((*loc, str(name)), "unknown_field", N_("A retry rule has no %(name)s.", name=str(name)))
        if value is None:
            continue
        read_part = _value(part, value, (*loc, name))
        if isinstance(read_part, Fault):
            return read_part
        found[name] = read_part
    return found


_RETRY_PARTS = {
    "delay_s": Setting(
        name="delay_s", kind="int", default=None, label=N_("Wait"), help=N_("Before the next try."), group="retry",
        least=0, most=LONGEST_DELAY_S, unit=MINUTE,
    ),
    "multiply": Setting(
        name="multiply", kind="float", default=1, label=N_("Longer each time"),
        help=N_("2 doubles the wait with each try; 1 keeps it."), group="retry", least=1, most=10,
    ),
    "max_attempts": Setting(
        name="max_attempts", kind="int", default=None, label=N_("At most"), help=N_("Attempts with this result."),
        group="retry", least=1, most=1000,
    ),
}  # fmt: skip


# --- one value --------------------------------------------------------------------------------

_COLUMN = re.compile(r"column:.{1,200}", re.DOTALL)


def _value(one: Setting, raw: object, loc: Loc) -> Any:
    """The value, or the fault with it."""
    if raw is None:
        return None if one.nullable else Fault(loc, "required", N_("This needs a value."))
    match one.kind:
        case "bool":
            return raw if isinstance(raw, bool) else Fault(loc, "wrong_type", N_("Say true or false."))
        case "int" | "float":
            return _number(one, raw, loc)
        case "choice":
            if raw in one.choices:
                return raw
            return Fault(loc, "not_an_option", N_("This is not one of the options."), {"options": list(one.choices)})
        case "text":
            return _text(one, raw, loc)
        case "lead_order":
            if isinstance(raw, str) and (raw in LEAD_ORDERS or (_COLUMN.fullmatch(raw) and "\0" not in raw)):
                return raw
            options = [*LEAD_ORDERS, "column:<name>"]
            return Fault(loc, "not_an_option", N_("This is not one of the options."), {"options": options})
        case "retry":
            return _retry_table(raw, loc)


def _number(one: Setting, raw: object, loc: Loc) -> Any:
    wanted: tuple[type, ...] = (int,) if one.kind == "int" else (int, float)
    if isinstance(raw, bool) or not isinstance(raw, wanted):
        detail = N_("Give a whole number.") if one.kind == "int" else N_("Give a number.")
        return Fault(loc, "wrong_type", detail)
    value: float = raw  # type: ignore[assignment]
    least, most = one.least or 0, one.most or 0
    if not least <= value <= most:  # also false for nan
        return Fault(
            loc, "out_of_range", N_("From %(least)s to %(most)s.", least=_plain(least), most=_plain(most)),
            {"least": least, "most": most},
        )  # fmt: skip
    return value


def _plain(value: float) -> str:
    return f"{value:g}" if value != int(value) else str(int(value))


def _text(one: Setting, raw: object, loc: Loc) -> Any:
    if not isinstance(raw, str) or "\0" in raw:
        return Fault(loc, "wrong_type", N_("Give a text."))
    if len(raw) > (one.most or 0):
        return Fault(loc, "too_long", N_("At most %(limit)s characters.", limit=int(one.most or 0)))
    return raw.strip() or None


def _retry_table(raw: object, loc: Loc) -> Any:
    if not isinstance(raw, Mapping):
        return Fault(loc, "wrong_type", N_("Retry rules are an object of call results."))
    found: dict[str, Any] = {}
    for outcome, rule in raw.items():
        if outcome not in RETRIED_OUTCOMES:
            return Fault(
                (*loc, str(outcome)), "not_an_option", N_("This call result is not tried again."),
                {"options": list(RETRIED_OUTCOMES)},
            )  # fmt: skip
        if rule is None:
            continue
        read_one = read_retry(rule, (*loc, str(outcome)))
        if isinstance(read_one, Fault):
            return read_one
        if read_one:
            found[outcome] = read_one
    return found
