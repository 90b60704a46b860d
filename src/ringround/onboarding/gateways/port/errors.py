"""What goes wrong at a rail."""

from __future__ import annotations

from typing import ClassVar

MOST_DETAIL = 500


class GatewayError(Exception):
    """Base of all that a drawer raises. `code` is stable and short, `detail` the provider's own words, cut."""

    # Whether the same call with the same key may be made again.
    again: ClassVar[bool] = False

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        self.detail = detail[:MOST_DETAIL].replace("\0", "\N{REPLACEMENT CHARACTER}")
        super().__init__(code)

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


class Transient(GatewayError):
    """Surely not done, and may be done another time. `down`: so is everything else of this account. `retry_after_s`:
    when the provider says it will take more, 0 where it does not."""

    again = True

    def __init__(self, code: str, detail: str = "", *, down: bool = True, retry_after_s: int = 0) -> None:
        super().__init__(code, detail)
        self.down = down
        self.retry_after_s = retry_after_s


class Unknown(GatewayError):
    """It may have been done. The same call with the same key tells, or `get_…`."""

    again = True


class Permanent(GatewayError):
    """It will never be done as it was asked."""


class Declined(GatewayError):
    """The debtor, or their bank for them, says no. `code` is of `REASONS`. With another reference it may be tried
    again, where the plan says so."""


class InvalidData(GatewayError):
    """What was given cannot be used. `field`: which, by the name it has in the request (`donor.msisdn`)."""

    def __init__(self, field: str, code: str = "invalid_data", detail: str = "") -> None:
        super().__init__(code, detail)
        self.field = field


class AlreadyFinal(GatewayError):
    """What it was asked of has ended. `state`: how, where that is known."""

    def __init__(self, state: str = "", detail: str = "") -> None:
        super().__init__("already_final", detail)
        self.state = state


class NoSuch(Permanent):
    """The provider does not know the ref."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("no_such", detail)


class SignatureError(Exception):
    """The call is not signed as this provider signs it to this account: it is not theirs, and nothing is kept of it.
    `code`: missing, wrong, stale (by the clock), altered (its content is not what was signed), unset (no secret)."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)
