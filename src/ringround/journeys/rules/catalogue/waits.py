"""Nodes at which a run waits."""

from __future__ import annotations

from ringround.journeys.rules.catalogue.kinds import Kind, Option, Out, Param
from ringround.journeys.rules.catalogue.words import DAYS, TIME
from ringround.kernel.messages import N_

NEXT = Out("next", N_("then"))
_SKIPPED = N_("skipped")
LATE = (
    Param(
        name="late",
        type="choice",
        label=N_("When it comes too late"),
        default="run",
        help=N_("After the system has been down over the time."),
        options=(
            Option("run", N_("go on all the same")),
            Option("skip", N_("go by the arrow “skipped”")),
            Option("exit", N_("end the run")),
        ),
    ),
    Param(
        name="late_after",
        type="duration",
        label=N_("Too late is"),
        default={"n": 15, "unit": "minutes"},
        shown_if=("late", ("skip", "exit")),
    ),
)
_LATE_OUT = Out("skipped", _SKIPPED, True, ("late", ("skip",)))

WAITS = (
    Kind(
        type="wait",
        group="wait",
        section="waits",
        label=N_("Wait for a time"),
        help=N_("Months and days go by the calendar where the lead is: 30 November and 3 months is 28 February."),
        params=(Param(name="duration", type="duration", label=N_("How long"), required=True), *LATE),
        outs=(NEXT, _LATE_OUT),
    ),
    Kind(
        type="wait_time",
        group="wait",
        section="waits",
        label=N_("Wait until a time of day"),
        help=N_("The next such time on one of these weekdays, where the lead is."),
        params=(TIME, DAYS, *LATE),
        outs=(NEXT, _LATE_OUT),
    ),
    Kind(
        type="wait_date",
        group="wait",
        section="waits",
        label=N_("Wait until a date of the lead"),
        help=N_(
            "Before, at or after what a field of the lead says. Where the field is empty, the arrow “skipped” is taken."
        ),
        params=(
            Param(name="field", type="path", label=N_("Field"), required=True, of="moment"),
            Param(
                name="direction",
                type="choice",
                label=N_("When"),
                default="before",
                options=(Option("before", N_("before")), Option("after", N_("after"))),
            ),
            Param(name="offset", type="duration", label=N_("How long"), default={"n": 0, "unit": "hours"}),
            Param(
                name="past",
                type="choice",
                label=N_("When it has passed already"),
                default="skip",
                options=(
                    Option("now", N_("go on at once")),
                    Option("skip", N_("go by the arrow “skipped”")),
                    Option("exit", N_("end the run")),
                ),
            ),
            Param(
                name="follow",
                type="bool",
                label=N_("Follow the field"),
                default=True,
                help=N_("When the field changes while the run waits, so does the time."),
            ),
            *LATE,
        ),
        outs=(NEXT, Out("skipped", _SKIPPED, True)),
    ),
    Kind(
        type="wait_event",
        group="wait",
        section="waits",
        label=N_("Wait until something happens"),
        help=N_("The first of these two arrows whose time comes is taken."),
        params=(
            Param(name="event", type="event", label=N_("What"), required=True),
            Param(name="timeout", type="duration", label=N_("At most"), help=N_("Left empty: without end.")),
        ),
        outs=(Out("happened", N_("happened")), Out("timeout", N_("time is up"), True)),
    ),
    Kind(
        type="wait_until",
        group="wait",
        section="waits",
        label=N_("Wait until a condition is met"),
        help=N_("Asked again whenever something happens to the lead that may change it."),
        params=(
            Param(name="condition", type="condition", label=N_("Condition"), required=True),
            Param(name="timeout", type="duration", label=N_("At most"), help=N_("Left empty: without end.")),
        ),
        outs=(Out("met", N_("met")), Out("timeout", N_("time is up"), True)),
    ),
    Kind(
        type="wait_hours",
        group="wait",
        section="waits",
        label=N_("Wait for the campaign's hours"),
        help=N_("Goes on when the lead could be called. Where the campaign never opens, the arrow “skipped” is taken."),
        params=LATE,
        outs=(NEXT, Out("skipped", _SKIPPED, True)),
    ),
)
