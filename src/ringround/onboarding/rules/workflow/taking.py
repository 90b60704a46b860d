"""Takes values out of a JSON object one by one, noting each fault with its place, and what was not asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ringround.kernel.errors import Fault, Loc
from ringround.kernel.messages import N_, Message
from ringround.kernel.text import clean


class Take:
    """One object being read. Null is as good as missing. What is wrong is noted in `faults` and read as its usual."""

    def __init__(self, raw: object, loc: Loc, faults: list[Fault]) -> None:
        self.whole = isinstance(raw, Mapping)
        self.loc = loc
        self.faults = faults
        self._raw: Mapping[Any, Any] = raw if isinstance(raw, Mapping) else {}
        self._taken: set[str] = set()
        if not self.whole:
            faults.append(Fault(loc, "wrong_type", N_("Give an object.")))

    def fault(self, name: str, code: str, detail: Message, **extra: Any) -> None:
        self.faults.append(Fault((*self.loc, name), code, detail, extra))

    def missing(self, name: str) -> None:
        self.fault(name, "required", N_("This needs a value."))

    def get(self, name: str) -> Any:
        self._taken.add(name)
        return self._raw.get(name)

    def nothing_else(self) -> None:
        """Faults for what nobody has taken."""
        for key in self._raw:
            if key not in self._taken:
                self.fault(str(key)[:100], "unknown_field", N_("There is no such field."))

    def text(self, name: str, *, most: int, required: bool = False, lines: bool = False) -> str:
        raw = self.get(name)
        if raw is not None and not isinstance(raw, str):
            self.fault(name, "wrong_type", N_("Give a text."))
            return ""
        found = clean(raw or "", lines=lines)
        if len(found) > most:
            self.fault(name, "too_long", N_("At most %(limit)s characters.", limit=most))
            return ""
        if required and not found:
            self.missing(name)
        return found

    def option(self, name: str, options: tuple[str, ...], *, usual: str = "", required: bool = False) -> str:
        raw = self.get(name)
        if raw is None:
            if required:
                self.missing(name)
            return usual
        if not isinstance(raw, str) or raw not in options:
            self._not_an_option((name,), options)
            return usual
        return str(raw)

    def options(
        self, name: str, options: tuple[str, ...], *, usual: tuple[str, ...] = (), empty: bool = False
    ) -> tuple[str, ...]:
        """Several of them, each once; none is refused where there is no usual and unless `empty`."""
        raw = self.get(name)
        if raw is None:
            return tuple(usual)
        if not isinstance(raw, list):
            self.fault(name, "wrong_type", N_("Give a list."))
            return tuple(usual)
        found: list[str] = []
        for index, one in enumerate(raw[: len(options) + 1]):
            if not isinstance(one, str) or one not in options:
                self._not_an_option((name, index), options)
            elif one in found:
                self.faults.append(Fault((*self.loc, name, index), "twice", N_("This is there twice.")))
            else:
                found.append(str(one))
        if not raw and usual and not empty:
            self.fault(name, "required", N_("Choose at least one."))
        return tuple(found)

    def flag(self, name: str, usual: bool) -> bool:
        raw = self.get(name)
        if raw is None:
            return usual
        if not isinstance(raw, bool):
            self.fault(name, "wrong_type", N_("Say true or false."))
            return usual
        return raw

    def number(self, name: str, least: int, most: int, *, usual: int | None = None) -> int | None:
        raw = self.get(name)
        return usual if raw is None else self._whole((name,), raw, least, most)

    def numbers(self, name: str, least: int, top: int, *, most: int) -> tuple[int, ...]:
        found: list[int] = []
        for index, one in enumerate(self.items(name, most=most)):
            number = self._whole((name, index), one, least, top)
            if number is not None and number in found:
                self.faults.append(Fault((*self.loc, name, index), "twice", N_("This is there twice.")))
            elif number is not None:
                found.append(number)
        return tuple(found)

    def texts(self, name: str, *, most: int, longest: int) -> tuple[str, ...]:
        found: list[str] = []
        for index, one in enumerate(self.items(name, most=most)):
            text = clean(one) if isinstance(one, str) else ""
            place = (*self.loc, name, index)
            if not text:
                self.faults.append(Fault(place, "wrong_type", N_("Give a text.")))
            elif len(text) > longest:
                self.faults.append(Fault(place, "too_long", N_("At most %(limit)s characters.", limit=longest)))
            elif text in found:
                self.faults.append(Fault(place, "twice", N_("This is there twice.")))
            else:
                found.append(text)
        return tuple(found)

    def items(self, name: str, *, most: int) -> list[Any]:
        raw = self.get(name)
        if raw is None:
            return []
        if not isinstance(raw, list):
            self.fault(name, "wrong_type", N_("Give a list."))
            return []
        if len(raw) > most:
            self.fault(name, "too_many", N_("At most %(limit)s.", limit=most))
            return []
        return raw

    def _whole(self, place: Loc, raw: object, least: int, most: int) -> int | None:
        where = (*self.loc, *place)
        if isinstance(raw, bool) or not isinstance(raw, int):
            self.faults.append(Fault(where, "wrong_type", N_("Give a whole number.")))
            return None
        if not least <= raw <= most:
            detail = N_("From %(least)s to %(most)s.", least=least, most=most)
            self.faults.append(Fault(where, "out_of_range", detail, {"least": least, "most": most}))
            return None
        return raw

    def _not_an_option(self, place: Loc, options: tuple[str, ...]) -> None:
        said = {"options": [str(one) for one in options]}
        self.faults.append(Fault((*self.loc, *place), "not_an_option", N_("Choose one of the options."), said))
