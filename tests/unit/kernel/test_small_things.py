"""Errors, ids, messages, money, cursors and transition tables."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest

from ringround.kernel import cursors, messages
from ringround.kernel.errors import (
    Conflict,
    Fault,
    Forbidden,
    Invalid,
    NotFound,
    RingroundError,
    TooLarge,
    TooMany,
    Unauthenticated,
)
from ringround.kernel.ids import hash_token, new_id, new_token, parse_id
from ringround.kernel.messages import N_
from ringround.kernel.money import Money
from ringround.kernel.transitions import Table

# --- errors


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Unauthenticated(), 401, "unauthenticated"),
        (Forbidden("campaigns.approve"), 403, "forbidden"),
        (NotFound("campaign"), 404, "not_found"),
        (Conflict("lead_held", "x", ["ready"]), 409, "lead_held"),
        (TooLarge(), 413, "too_large"),
        (Invalid([Fault(("name",), "required", "x")]), 422, "required"),
        (Invalid([Fault((), "a", "x"), Fault((), "b", "y")]), 422, "invalid"),
        (TooMany(0), 429, "too_many"),
    ],
)
def test_each_error_has_its_status_and_code(error: RingroundError, status: int, code: str) -> None:
    assert (error.status, error.code) == (status, code)
    assert str(error)


def test_an_error_says_its_detail_late() -> None:
    class Lazy:
        text = "first"

        def __str__(self) -> str:
            return self.text

    lazy = Lazy()
    error = Conflict("x", lazy)
    lazy.text = "second"
    assert str(error) == "second"


def test_a_fault_can_be_seen_from_further_out() -> None:
    assert Fault(("mon", 0), "x", "y").under("hours").loc == ("hours", "mon", 0)


def test_a_wait_is_at_least_a_second() -> None:
    assert TooMany(0).retry_after_s == 1


# --- messages


@pytest.fixture
def danish(monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = {"At most %(limit)s.": "Højst %(limit)s."}
    monkeypatch.setattr(messages, "_translator", catalogue.__getitem__)


@pytest.mark.usefixtures("danish")
def test_a_message_is_translated_when_it_is_shown() -> None:
    assert str(N_("At most %(limit)s.", limit=5)) == "Højst 5."


def test_a_message_without_parameters_may_hold_a_percent_sign() -> None:
    assert str(N_("100 % done")) == "100 % done"


# --- ids


def test_ids_are_new_and_of_version_seven() -> None:
    ids = [new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert {made.version for made in ids} == {7}
    assert ids == sorted(ids)


def test_an_id_is_read_in_its_canonical_form_only() -> None:
    made = new_id()
    assert parse_id(str(made)) == parse_id(str(made).upper()) == parse_id(made) == made
    bad: object
    for bad in ("", "x", made.hex, f"{{{made}}}", f"urn:uuid:{made}", f"{made}\n", 5, None, [], "０" * 36):
        assert parse_id(bad) is None


def test_tokens_are_random_and_stored_hashed() -> None:
    one, other = new_token("rr"), new_token("rr")
    assert one != other
    assert one.startswith("rr_")
    assert len(one) >= 46
    assert hash_token(one) == hash_token(one) != hash_token(other)
    assert len(hash_token("\ud800")) == 64


# --- money


def test_money_keeps_minor_units_and_knows_its_decimals() -> None:
    assert Money(10050, "DKK").major == Decimal("100.50")
    assert str(Money(10050, "DKK")) == "100.50 DKK"
    assert Money(500, "ISK").major == Decimal(500)
    assert Money(1500, "KWD").major == Decimal("1.500")


def test_money_is_made_from_kroner() -> None:
    assert Money.of_major("99.95", "DKK") == Money(9995, "DKK")
    assert Money.of_major(100, "ISK") == Money(100, "ISK")


@pytest.mark.parametrize(
    ("raw", "loc", "code"),
    [
        (5, ("price",), "bad_money"),
        ({"amount": 5}, ("price", "currency"), "unknown_currency"),
        ({"amount": 5, "currency": "XXX"}, ("price", "currency"), "unknown_currency"),
        ({"amount": 5, "currency": []}, ("price", "currency"), "unknown_currency"),
        ({"amount": 5.5, "currency": "DKK"}, ("price", "amount"), "not_whole"),
        ({"amount": True, "currency": "DKK"}, ("price", "amount"), "not_whole"),
        ({"amount": "5", "currency": "DKK"}, ("price", "amount"), "not_whole"),
        ({"amount": 2**60, "currency": "DKK"}, ("price", "amount"), "too_large"),
        ({"amount": 5, "currency": "DKK", "x": 1}, ("price", "x"), "unknown_field"),
    ],
)
def test_what_is_no_money_is_refused(raw: Any, loc: tuple[str, ...], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        Money.parse(raw, loc=("price",))
    assert [(fault.loc, fault.code) for fault in refused.value.errors] == [(loc, code)]


def test_money_is_read_as_it_is_written() -> None:
    money = Money(10000, "DKK")
    assert Money.parse(money.to_json()) == money


@pytest.mark.parametrize("major", ["1.001", "NaN", "Infinity", "x", "1e400"])
def test_amounts_that_do_not_exist_are_refused(major: str) -> None:
    with pytest.raises(Invalid):
        Money.of_major(major, "DKK")


def test_money_adds_and_compares_within_a_currency_only() -> None:
    assert Money(1, "DKK") + Money(2, "DKK") - Money(4, "DKK") == -Money(1, "DKK")
    assert Money(1, "DKK") < Money(2, "DKK") <= Money(2, "DKK")
    with pytest.raises(ValueError, match="do not mix"):
        Money(1, "DKK") + Money(1, "SEK")


def test_a_share_is_rounded_half_to_even() -> None:
    assert Money(250, "DKK").share(Decimal("0.01")) == Money(2, "DKK")
    assert Money(350, "DKK").share(Decimal("0.01")) == Money(4, "DKK")


# --- cursors


def test_cursors_give_back_what_they_were_made_of() -> None:
    at, row = datetime(2026, 1, 1, 12, 0, 0, 5, tzinfo=UTC), new_id()
    assert cursors.decode_at(cursors.encode_at(at, row)) == (at, row)
    assert cursors.decode_seq(cursors.encode_seq(17)) == 17
    name = "|rum\x01Ørum"
    assert cursors.decode(cursors.encode([name, None, True]), str, str, bool) == (name, None, True)


def test_a_time_in_a_cursor_is_given_in_utc() -> None:
    local = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    at, _ = cursors.decode_at(cursors.encode_at(local, UUID(int=1)))
    assert at.tzinfo is UTC
    assert at == local


def _raw(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "****", "a" * 3000, "ø", _raw("{}"), _raw("[]"), _raw("[1,2]"), _raw('["x"]'), _raw("[-1]"),
     _raw("[1.0]"), _raw("[true]"), _raw("[null]"), _raw(f"[{2**63}]"), _raw("[" * 1400), _raw("[NaN]")],
)  # fmt: skip
def test_what_is_no_cursor_is_refused_with_its_code(cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        cursors.decode_seq(cursor)
    assert refused.value.code == "bad_cursor"


@pytest.mark.parametrize(
    ("raw", "types"),
    [
        ('["2026-01-01T00:00:00","x"]', (datetime, UUID)),
        ('["2026-01-01T00:00:00Z","x"]', (datetime, UUID)),
        ('["9999-12-31T23:59:59-23:00",null]', (datetime, UUID)),
        ("[5,5]", (datetime, UUID)),
        ('["\\u0000"]', (str,)),
        ('["\\ud800"]', (str,)),
        ("[5]", (str,)),
    ],
)
def test_values_of_the_wrong_kind_in_a_cursor_are_refused(raw: str, types: tuple[type, ...]) -> None:
    with pytest.raises(Invalid):
        cursors.decode(_raw(raw), *types)


# --- transition tables


class Light(StrEnum):
    RED = "red"
    GREEN = "green"
    BROKEN = "broken"


MOVES = {
    (Light.RED, "go"): Light.GREEN,
    (Light.GREEN, "stop"): Light.RED,
    (Light.RED, "smash"): Light.BROKEN,
    (Light.GREEN, "smash"): Light.BROKEN,
}


def test_a_legal_command_gives_the_next_state() -> None:
    assert Table(MOVES, (Light.RED,)).step(Light.RED, "go") is Light.GREEN


def test_an_illegal_command_is_refused_with_the_states_that_allow_it() -> None:
    with pytest.raises(Conflict) as refused:
        Table(MOVES, (Light.RED,)).step(Light.BROKEN, "smash")
    assert refused.value.code == "wrong_state"
    assert refused.value.allowed == ("red", "green")


def test_a_table_knows_what_it_allows() -> None:
    table = Table(MOVES, (Light.RED,)).check(Light, ("go", "stop", "smash"))
    assert table.commands(Light.RED) == ("go", "smash")
    assert table.can(Light.GREEN, "stop")
    assert not table.can(Light.RED, "stop")
    assert table.final == (Light.BROKEN,)


@pytest.mark.parametrize(
    ("moves", "commands"),
    [
        ({(Light.RED, "go"): Light.GREEN}, ("go",)),
        (MOVES, ("go", "stop", "smash", "fly")),
        (MOVES, ("go", "stop")),
    ],
)
def test_a_table_with_a_hole_is_refused(moves: dict[tuple[Light, str], Light], commands: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="states not reached"):
        Table(moves, (Light.RED,)).check(Light, commands)


def test_a_table_draws_itself() -> None:
    assert Table(MOVES, (Light.RED,)).mermaid() == (
        "stateDiagram-v2\n"
        "    [*] --> red\n"
        "    red --> green : go\n"
        "    green --> red : stop\n"
        "    red --> broken : smash\n"
        "    green --> broken : smash\n"
        "    broken --> [*]\n"
    )
