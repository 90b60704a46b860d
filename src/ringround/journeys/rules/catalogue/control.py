"""Nodes that decide where a run goes."""

from __future__ import annotations

from ringround.journeys.rules.catalogue.kinds import Kind, Out, Param
from ringround.journeys.rules.catalogue.waits import NEXT
from ringround.kernel.messages import N_

CONTROL = (
    Kind(
        type="gate",
        group="control",
        section="control",
        label=N_("Gate"),
        help=N_("Goes on where the condition is met."),
        params=(Param(name="condition", type="condition", label=N_("Condition"), required=True),),
        outs=(Out("yes", N_("yes")), Out("no", N_("no"), True)),
    ),
    Kind(
        type="branch",
        group="control",
        section="control",
        label=N_("Branch"),
        help=N_("The first case that fits is taken."),
        params=(
            Param(
                name="field",
                type="path",
                label=N_("By the field"),
                of="any",
                help=N_("Then a case needs only a value. A case may have a condition of its own instead."),
            ),
            Param(name="cases", type="cases", label=N_("Cases"), required=True, most=50),
        ),
        outs=(Out("case", N_("case"), each="cases"), Out("else", N_("else"), True)),
    ),
    Kind(
        type="split",
        group="control",
        section="control",
        label=N_("Split by chance"),
        help=N_("Shares the runs out by weight. A run that comes again goes the same way."),
        params=(Param(name="paths", type="weights", label=N_("Paths"), required=True, most=20),),
        outs=(Out("path", N_("path"), each="paths"),),
    ),
    Kind(
        type="goto",
        group="control",
        section="control",
        label=N_("Go back"),
        help=N_(
            "Goes another round, so many times at most; then it goes on. A round needs a wait of a minute or more."
        ),
        params=(Param(name="max", type="int", label=N_("Rounds at most"), required=True, default=3, least=1, most=99),),
        outs=(Out("again", N_("again")), Out("done", N_("then"), True)),
    ),
    Kind(
        type="limit",
        group="control",
        section="control",
        label=N_("Limit"),
        help=N_("Lets so many through in that time, of all runs of the journey."),
        params=(
            Param(name="most", type="int", label=N_("How many"), required=True, least=1, most=1_000_000),
            Param(name="per", type="duration", label=N_("Within"), required=True),
        ),
        outs=(NEXT, Out("over", N_("over the limit"), True)),
    ),
    Kind(
        type="goal",
        group="control",
        section="control",
        label=N_("Goal"),
        help=N_("What the journey was for is reached; the run ends."),
        params=(Param(name="name", type="text", label=N_("Name"), most=100),),
    ),
    Kind(
        type="exit",
        group="control",
        section="control",
        label=N_("End"),
        help=N_("The run ends, with a reason that the figures show."),
        params=(Param(name="reason", type="text", label=N_("Reason"), most=100),),
    ),
)
