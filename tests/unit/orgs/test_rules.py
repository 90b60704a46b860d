"""Pure decisions of orgs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ringround.orgs import rules

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER, BEFORE = NOW + timedelta(days=1), NOW - timedelta(days=1)


@pytest.mark.parametrize(
    ("giver", "role", "may"),
    [
        ("owner", "owner", True),
        ("owner", "viewer", True),
        ("manager", "owner", False),
        ("manager", "manager", True),
        ("supervisor", "viewer", False),
        ("junior_agent", "junior_agent", False),
        ("system", "owner", True),
        ("external_system", "viewer", False),
    ],
)
def test_only_owners_give_the_role_of_owner_and_only_managers_give_any(giver: str, role: str, may: bool) -> None:
    assert rules.may_give(giver, role) is may


@pytest.mark.parametrize(
    ("accepted", "declined", "revoked", "expires", "state"),
    [
        (None, None, None, LATER, "open"),
        (None, None, None, NOW, "expired"),
        (None, None, BEFORE, LATER, "revoked"),
        (None, BEFORE, None, LATER, "declined"),
        (None, BEFORE, NOW, BEFORE, "declined"),
        (BEFORE, None, None, BEFORE, "accepted"),
        (BEFORE, None, NOW, LATER, "accepted"),
    ],
)
def test_an_invitation_is_in_one_state(
    accepted: datetime | None, declined: datetime | None, revoked: datetime | None, expires: datetime, state: str
) -> None:
    found = rules.invitation_state(
        accepted_at=accepted, declined_at=declined, revoked_at=revoked, expires_at=expires, now=NOW
    )
    assert found == state


@pytest.mark.parametrize(
    ("claimed", "revoked", "expires", "state"),
    [
        (None, None, LATER, "waiting"),
        (None, None, NOW, "expired"),
        (BEFORE, None, BEFORE, "live"),
        (BEFORE, NOW, LATER, "revoked"),
        (None, NOW, LATER, "revoked"),
    ],
)
def test_a_claimed_link_outlives_its_token(
    claimed: datetime | None, revoked: datetime | None, expires: datetime, state: str
) -> None:
    assert rules.link_state(claimed_at=claimed, revoked_at=revoked, expires_at=expires, now=NOW) == state


def test_a_token_without_an_end_lives_until_it_is_revoked() -> None:
    assert rules.token_state(revoked_at=None, expires_at=None, now=NOW) == "live"
    assert rules.token_state(revoked_at=None, expires_at=NOW, now=NOW) == "expired"
    assert rules.token_state(revoked_at=NOW, expires_at=LATER, now=NOW) == "revoked"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("four_eyes", 1, "not_a_bool"),
        ("mfa_required", "yes", "not_a_bool"),
        ("callback_max_days", 0, "out_of_range"),
        ("callback_max_days", True, "out_of_range"),
        ("callbacks_per_agent", 10_001, "out_of_range"),
        ("region", "XX", "unknown_region"),
        ("region", "dk", "unknown_region"),
        ("language", "sv", "unknown_language"),
        ("timezone", "../etc/passwd", "unknown_timezone"),
        ("timezone", "Mars/Olympus", "unknown_timezone"),
        ("currency", "kr", "unknown_currency"),
        ("pause_reasons", "Frokost", "not_a_list"),
        ("pause_reasons", ["Frokost", "frokost "], "empty_or_twice"),
        ("pause_reasons", [""], "empty_or_twice"),
        ("pause_reasons", ["x" * 61], "too_long"),
        ("pause_reasons", [str(n) for n in range(31)], "too_many"),
        ("name", "  ", "required"),
        ("name", "x" * 201, "too_long"),
        ("kind", "agency", "unknown_field"),
        ("event_no", 1, "unknown_field"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: object, code: str) -> None:
    fault = rules.setting_fault(name, value)
    assert fault is not None
    assert (fault.loc[0], fault.code) == (name, code)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("four_eyes", True),
        ("callback_max_days", 730),
        ("region", "DK"),
        ("language", "da"),
        ("timezone", "Europe/Copenhagen"),
        ("timezone", "UTC"),
        ("currency", "DKK"),
        ("pause_reasons", ["Frokost", "Møde"]),
        ("pause_reasons", []),
        ("name", "Hjælpen"),
    ],
)
def test_a_right_setting_passes(name: str, value: object) -> None:
    assert rules.setting_fault(name, value) is None


@pytest.mark.parametrize(
    ("wanted", "own", "codes"),
    [
        (["*"], {"*"}, []),
        (["campaigns.approve"], {"campaigns"}, []),
        (["*"], {"campaigns"}, ["scope_not_yours"]),
        (["orgs"], {"campaigns"}, ["scope_not_yours"]),
        (["nothing"], {"*"}, ["unknown_scope"]),
        ([], {"*"}, ["required"]),
    ],
)
def test_a_token_gets_no_scope_that_its_maker_lacks(wanted: list[str], own: set[str], codes: list[str]) -> None:
    known = frozenset({"orgs", "campaigns", "campaigns.approve"})
    assert [fault.code for fault in rules.scope_faults(wanted, known=known, own=frozenset(own))] == codes
