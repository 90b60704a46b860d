"""What can go wrong, as values that the web and the HTTP API each show in their own way.

Codes are stable `snake_case` and part of the API. A detail is for people: any object whose `str()`
is the text, so that a lazily translated string keeps its language until it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ringround.kernel.messages import N_

Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input: where (`("hours", "mon", 0)`), a stable code, a sentence, more.

    `extra` becomes members of the error object in the API, e.g. `{"nearest": "2026-12-01T09:00…"}`.
    """

    loc: Loc
    code: str
    detail: object
    extra: Mapping[str, Any] = field(default_factory=dict)

    def under(self, *prefix: str | int) -> Fault:
        """The same fault seen from an outer object: `("mon", 0)` under "hours"."""
        return Fault((*prefix, *self.loc), self.code, self.detail, self.extra)


class RingroundError(Exception):
    """Base of every refusal the product makes on purpose; anything else is a bug."""

    status: ClassVar[int] = 400
    code: str = "error"

    def __init__(self, detail: object = "", *, code: str | None = None) -> None:
        self.detail = detail
        if code is not None:
            self.code = code
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.detail) or self.code


class Unauthenticated(RingroundError):
    """Nobody is known to be asking: no session, no token, or one that no longer counts."""

    status = 401
    code = "unauthenticated"

    def __init__(self, detail: object = N_("Sign in first."), *, code: str | None = None) -> None:
        super().__init__(detail, code=code)


class Forbidden(RingroundError):
    """The actor may see the object, but lacks this permission (`campaigns.approve`)."""

    status = 403
    code = "forbidden"

    def __init__(self, permission: str = "", detail: object = "", *, code: str | None = None) -> None:
        self.permission = permission
        super().__init__(detail or N_("You are not allowed to do this."), code=code)


class NotFound(RingroundError):
    """There is no such thing for this actor; also said of another organisation's objects."""

    status = 404
    code = "not_found"

    def __init__(self, what: str = "", detail: object = "", *, code: str | None = None) -> None:
        self.what = what
        super().__init__(detail or N_("There is nothing here by that id."), code=code)


class Conflict(RingroundError):
    """The object is not in a state from which the command is legal; `allowed` are those states.

    `errors` names each reason where there are several (a campaign that is `not_ready`).
    """

    status = 409

    def __init__(
        self,
        code: str,
        detail: object = "",
        allowed: Iterable[str] = (),
        *,
        errors: Iterable[Fault] = (),
    ) -> None:
        self.allowed = tuple(allowed)
        self.errors = tuple(errors)
        super().__init__(detail, code=code)


class NotNow(Conflict):
    """What is asked would be right, and somebody outside cannot be reached: the same may be asked again, and with the
    same `Idempotency-Key`."""


class TooLarge(RingroundError):
    """The input is bigger than is taken; `limit` in bytes or items where it helps."""

    status = 413
    code = "too_large"

    def __init__(
        self,
        detail: object = N_("This is larger than is accepted."),
        *,
        limit: int | None = None,
        code: str | None = None,
    ) -> None:
        self.limit = limit
        super().__init__(detail, code=code)


class Invalid(RingroundError):
    """The input is wrong in shape or value; every fault found, not only the first."""

    status = 422
    code = "invalid"

    def __init__(self, errors: Iterable[Fault], detail: object = "", *, code: str | None = None) -> None:
        self.errors = tuple(errors)
        first = self.errors[0] if self.errors else None
        # Where every fault is of one kind, that is the answer's code: a caller need not dig for it.
        codes = {fault.code for fault in self.errors}
        only = codes.pop() if len(codes) == 1 else None
        super().__init__(detail or (first.detail if first else ""), code=code or only)

    @classmethod
    def one(cls, loc: Loc | str, code: str, detail: object, /, **extra: Any) -> Invalid:
        """Shortcut for a single fault."""
        return cls([Fault((loc,) if isinstance(loc, str) else loc, code, detail, extra)])


class TooMany(RingroundError):
    """Asked too often; try again after `retry_after_s` whole seconds."""

    status = 429
    code = "too_many"

    def __init__(
        self,
        retry_after_s: int,
        detail: object = N_("Too many tries. Wait a little and try again."),
        *,
        code: str | None = None,
    ) -> None:
        self.retry_after_s = max(1, int(retry_after_s))
        super().__init__(detail, code=code)
