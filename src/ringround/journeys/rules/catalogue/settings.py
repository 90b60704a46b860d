"""What a journey as a whole can be told."""

from __future__ import annotations

from ringround.journeys.rules.catalogue.kinds import Option, Param
from ringround.kernel.messages import N_

SETTINGS = (
    Param(
        name="key",
        type="choice",
        label=N_("One run at a time for each"),
        default="lead",
        options=(Option("lead", N_("Lead")), Option("contact", N_("Contact"))),
    ),
    Param(
        name="reentry",
        type="choice",
        label=N_("May come again"),
        default="after_exit",
        options=(
            Option("once", N_("never")),
            Option("after_exit", N_("when the run before has ended")),
            Option("always", N_("always, beside the one that runs")),
            Option("cool_down", N_("some time after it came last")),
        ),
    ),
    Param(name="cool_down", type="duration", label=N_("How long"), required=True, shown_if=("reentry", ("cool_down",))),
    Param(name="max_runs", type="int", label=N_("Runs at most"), least=1, most=10_000),
    Param(
        name="exit_when",
        type="condition",
        label=N_("End the run when"),
        help=N_("Asked whenever something happens to the lead, and when a wait is over."),
    ),
    Param(
        name="goal",
        type="condition",
        label=N_("Reached when"),
        help=N_("What the journey is for; the run ends, and is counted as reached."),
    ),
    Param(name="zone", type="zone", label=N_("Time zone"), help=N_("Left empty: the lead's own.")),
    Param(
        name="quiet_hours",
        type="quiet_hours",
        label=N_("No messages between"),
        help=N_("What falls in between is sent when they are over. Left empty: as the organisation has it."),
    ),
    Param(
        name="edit_policy",
        type="choice",
        label=N_("When a new version is published"),
        default="pin",
        options=(
            Option("pin", N_("runs stay on the version they began with")),
            Option("migrate", N_("runs go over to the new version")),
        ),
    ),
    Param(
        name="backfill",
        type="choice",
        label=N_("When it is published for the first time"),
        default="none",
        options=(
            Option("none", N_("only what happens from then on")),
            Option("matching", N_("also leads that match now")),
        ),
    ),
    Param(name="max_age", type="duration", label=N_("A run lasts at most")),
)
