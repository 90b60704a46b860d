"""Settings of a drawer, which users write as a form or as JSON: read, and what is wrong with them said by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ringround.kernel import targets
from ringround.kernel.errors import Fault
from ringround.kernel.messages import N_

PLAIN = N_("This has plain letters and signs only.")


@dataclass(slots=True)
class Shape:
    """Reads settings, and says what is wrong with them."""

    given: Mapping[str, Any]
    faults: list[Fault] = field(default_factory=list)
    known: set[str] = field(default_factory=set)

    def text(
        self, name: str, *, required: bool = False, most: int = 500, options: Sequence[str] = (), plain: bool = False
    ) -> None:
        """`plain`: of the letters and signs that a header may have."""
        self.known.add(name)
        value = self.given.get(name)
        if value is None or value == "":
            if required:
                self.faults.append(Fault(("settings", name), "required", N_("This is needed.")))
        elif not isinstance(value, str):
            self.faults.append(Fault(("settings", name), "wrong_type", N_("This is to be a text.")))
        elif len(value) > most or "\n" in value or "\r" in value:
            self.faults.append(Fault(("settings", name), "too_long", N_("This is too long, or has several lines.")))
        elif plain and not (value.isascii() and value.isprintable()):
            self.faults.append(Fault(("settings", name), "bad_format", PLAIN))
        elif options and value not in options:
            self.faults.append(
                Fault(("settings", name), "unknown_choice", N_("This is not one of the choices."), {"options": options})
            )

    def number(self, name: str, *, low: int, high: int) -> None:
        self.known.add(name)
        value = self.given.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high):
            words = N_("This is out of range.")
            self.faults.append(Fault(("settings", name), "out_of_range", words, {"low": low, "high": high}))

    def truth(self, name: str) -> None:
        self.known.add(name)
        if not isinstance(self.given.get(name, False), bool):
            self.faults.append(Fault(("settings", name), "wrong_type", N_("This is yes or no.")))

    def url(self, name: str, *, required: bool = False) -> None:
        self.text(name, required=required, most=targets.MAX_URL)
        value = self.given.get(name)
        if isinstance(value, str) and value:
            try:
                targets.parse(value)
            except targets.BadTarget:
                self.faults.append(Fault(("settings", name), "bad_url", N_("This is not an address of the web.")))

    def done(self) -> list[Fault]:
        for name in self.given:
            if name not in self.known:
                self.faults.append(Fault(("settings", str(name)), "unknown_field", N_("There is no such setting.")))
        return self.faults


def need(secrets: Mapping[str, str], *names: str, plain: bool = False) -> list[Fault]:
    """A fault for each secret that is missing; `plain`: or that no header may have."""
    words = N_("This is needed.")
    faults = [Fault(("secrets", name), "required", words) for name in names if not secrets.get(name)]
    given = [(name, secrets.get(name, "")) for name in names if plain]
    return faults + [
        Fault(("secrets", name), "bad_format", PLAIN)
        for name, value in given
        if not (value.isascii() and value.isprintable())
    ]
