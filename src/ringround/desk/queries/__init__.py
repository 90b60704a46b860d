"""Reading for the console."""

from ringround.desk.queries.booked import Booked, booked
from ringround.desk.queries.console import (
    HISTORY,
    Console,
    Nothing,
    Shown,
    ShownField,
    ShownNumber,
    console,
    gone_why,
    nothing,
    shown,
)
from ringround.desk.queries.entry import (
    Checked,
    Choice,
    Question,
    Suggestion,
    as_suggestion,
    callback_check,
    choices_of,
    lead_zone,
    local_time,
    questions_of,
    suggestions,
)

__all__ = [
    "HISTORY",
    "Booked",
    "Checked",
    "Choice",
    "Console",
    "Nothing",
    "Question",
    "Shown",
    "ShownField",
    "ShownNumber",
    "Suggestion",
    "as_suggestion",
    "booked",
    "callback_check",
    "choices_of",
    "console",
    "gone_why",
    "lead_zone",
    "local_time",
    "nothing",
    "questions_of",
    "shown",
    "suggestions",
]
