"""The shapes of the API: what bodies, parameters and answers are made of.

A body is JSON read strictly: `"1"` is no number and `1` no truth; unknown fields are refused by name. A parameter is
text from an address, so numbers are read from it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from ringround.kernel import phones, text
from ringround.kernel.ids import parse_id

MAX_SIZE = 500
DEFAULT_SIZE = 50
# Moments outside are slips of the keyboard; inside, every calendar sum and every zone is safe from overflow.
FIRST_YEAR, LAST_YEAR = 1900, 2200

T = TypeVar("T")


class Schema(BaseModel):
    """The base of every body. Unknown fields are refused (`unknown_field`), text is trimmed, types are strict.

    A field that may be left out has a default; to know whether it was given, ask `model_fields_set` (`given()`).
    """

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        str_strip_whitespace=True,
        allow_inf_nan=False,
        frozen=True,
        use_attribute_docstrings=True,
    )

    def given(self) -> dict[str, Any]:
        """Only what the caller wrote, by name: for PATCH."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Params(BaseModel):
    """The base of query parameters: `def route(request: ApiRequest, filter: Query[LeadFilter])`."""

    model_config = ConfigDict(str_strip_whitespace=True, allow_inf_nan=False, use_attribute_docstrings=True)


class Paging(Params):
    """What every list takes. Inherit to add filters."""

    size: Annotated[int, Field(ge=1, le=MAX_SIZE)] = DEFAULT_SIZE
    """How many at most."""
    after: Annotated[str, Field(min_length=1)] | None = None
    """The cursor that the page before gave as `next`."""


class Out(BaseModel):
    """The base of every answer: made of a dictionary, a dataclass or a model by attribute."""

    model_config = ConfigDict(from_attributes=True, use_attribute_docstrings=True)


class Page(Out, Generic[T]):
    """One page of a list."""

    # For each kind of item the docstrings would be sought anew, through all files that are being imported: a second of
    # every process's start.
    model_config = ConfigDict(use_attribute_docstrings=False)

    items: list[T]
    next: Annotated[str | None, Field(description="The cursor for `after`, or null at the end of the list.")]


# --- values -----------------------------------------------------------------------------------


def _id(value: object) -> UUID:
    found = parse_id(value)
    if found is None:
        raise PydanticCustomError("bad_id", "not an id")
    return found


def _moment(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise PydanticCustomError("no_offset", "a time without an offset from UTC")
    # Compared before it is converted: the first and last days of the calendar overflow on the way to UTC.
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise PydanticCustomError("out_of_range", "a time out of range")
    return value.astimezone(UTC)


def _e164(value: str) -> str:
    found = phones.parse(value, None) if value.startswith("+") else None
    if found is None or not found.valid:
        raise PydanticCustomError("bad_phone", "not a phone number in E.164")
    return found.e164


def _split(value: Any) -> Any:
    """`?status=new,success` and `?status=new&status=success` are the same list."""
    if isinstance(value, str):
        value = [value]
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return [part.strip() for item in value for part in item.split(",") if part.strip()]
    return value


Id = Annotated[UUID, BeforeValidator(_id)]
"""An id. A bad one in a path is 404, elsewhere 422 `bad_id`."""

Time = Annotated[datetime, AfterValidator(_moment)]
"""RFC 3339 with an offset; arrives as UTC."""

E164 = Annotated[
    str, AfterValidator(_e164), WithJsonSchema({"type": "string", "format": "e164", "examples": ["+4520123456"]})
]
"""A valid phone number with its country code; spaces are taken out."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(text.clean)]
"""One line that may not be empty."""

Line = Annotated[str, StringConstraints(max_length=500), AfterValidator(text.clean)]
"""One line, perhaps empty."""

Words = Annotated[
    str, StringConstraints(max_length=10_000), AfterValidator(lambda value: text.clean(value, lines=True))
]
"""Text of several lines, perhaps empty."""

Many = Annotated[list[T], BeforeValidator(_split)]
"""A query parameter that takes several values, with commas or repeated: `status: Many[str] | None = None`."""
