"""Steps of a wizard, as the stepper draws them."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

STATES = ("done", "current", "open", "locked")


@dataclass(frozen=True, slots=True)
class Step:
    """`open` may be visited, `locked` not yet; a step with an empty url is never a link."""

    key: str
    label: str | Promise
    url: str = ""
    state: str = "open"

    def __post_init__(self) -> None:
        if self.state not in STATES:
            raise ValueError(f"There is no step state {self.state}.")
