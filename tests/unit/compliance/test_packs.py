"""The rule packs: each rule by what it lets and bars, with its source and its dates."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ringround.compliance import rules
from ringround.compliance.packs import PACKS
from ringround.compliance.packs.shapes import RELATIONS, PriorBasis
from ringround.compliance.rules import CampaignFacts, Consent, ContactFacts, Relation
from ringround.kernel.windows import Hours, next_all_open

ALWAYS = CampaignFacts(hours=Hours.always(), zone="UTC")
ALL_RULES = [rule for pack in PACKS.values() for rule in pack.rules]
AUTUMN = date(2026, 11, 1)


def local(zone: str, at: str) -> datetime:
    return datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(zone))


def paris(at: str) -> datetime:
    return local("Europe/Paris", at)


def hours_open(pack: str, zone: str, at: str) -> bool:
    return rules.lead_hours(ContactFacts(zone=zone), replace(ALWAYS, packs=(pack,)), local(zone, at)).ok


# --- what is true of each ---------------------------------------------------------------------


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.key)
def test_every_rule_says_where_it_is_written_and_when_it_was_looked_up(rule: object) -> None:
    assert isinstance(rule, type(ALL_RULES[0]))
    assert rule.source.text
    assert rule.source.url.startswith("https://")
    assert str(rule.says)
    assert rule.since is None or rule.since <= rule.checked_on
    assert rule.until is None or rule.since is None or rule.since <= rule.until
    if isinstance(rule.effect, PriorBasis):
        assert rule.effect.consent or rule.effect.relations
        assert set(rule.effect.relations) <= set(RELATIONS)


def test_every_rule_has_a_test_here() -> None:
    tested = {
        "us.hours", "uk.hours", "fr.hours", "fr.holidays", "fr.frequency", "fr.refusal", "fr.consent", "dk.request",
        "dk_collecting.relation",
    }  # fmt: skip
    assert {rule.key for rule in ALL_RULES} == tested


def test_a_key_of_a_rule_begins_with_its_packs() -> None:
    for pack in PACKS.values():
        assert all(rule.key.startswith(f"{pack.key}.") for rule in pack.rules)
        assert pack.left_out


# --- hours ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-23T07:59", False), ("2026-11-23T08:00", True), ("2026-11-23T20:59", True),
        ("2026-11-23T21:00", False), ("2026-11-22T08:00", True), ("2026-12-25T12:00", True),
    ],
)  # fmt: skip
def test_us_hours(at: str, is_open: bool) -> None:
    assert hours_open("us", "America/Chicago", at) is is_open


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-23T07:59", False), ("2026-11-23T08:00", True), ("2026-11-23T20:59", True),
        ("2026-11-23T21:00", False), ("2026-11-22T08:59", False), ("2026-11-22T09:00", True),
        ("2026-11-21T08:59", False),
    ],
)  # fmt: skip
def test_uk_hours(at: str, is_open: bool) -> None:
    assert hours_open("uk", "Europe/London", at) is is_open


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-23T09:59", False), ("2026-11-23T10:00", True), ("2026-11-23T12:59", True),
        ("2026-11-23T13:00", False), ("2026-11-23T14:00", True), ("2026-11-23T19:59", True),
        ("2026-11-23T20:00", False), ("2026-11-21T11:00", False), ("2026-11-22T11:00", False),
    ],
)  # fmt: skip
def test_french_hours(at: str, is_open: bool) -> None:
    assert hours_open("fr", "Europe/Paris", at) is is_open


def test_french_hours_hold_from_march_2023() -> None:
    assert hours_open("fr", "Europe/Paris", "2023-02-28T21:00")
    assert not hours_open("fr", "Europe/Paris", "2023-03-01T21:00")


def test_an_opening_is_found_across_the_day_on_which_hours_begin_to_hold() -> None:
    windows = rules.lead_windows(ContactFacts(zone="Europe/Paris"), replace(ALWAYS, packs=("fr",)))
    assert next_all_open(windows, paris("2023-02-28T23:59:30")) == paris("2023-02-28T23:59:30")
    assert next_all_open(windows, paris("2023-03-01T00:00")) == paris("2023-03-01T10:00")


def test_french_holidays_are_closed_even_where_the_campaign_keeps_none() -> None:
    gate = rules.lead_hours(
        ContactFacts(zone="Europe/Paris"), replace(ALWAYS, packs=("fr",)), paris("2026-11-11T11:00")
    )
    assert not gate.ok
    assert gate.detail is not None
    assert gate.detail.code == "holiday"
    assert gate.next_at == paris("2026-11-12T10:00")


def test_the_stricter_of_campaign_and_packs_wins_and_says_whose_it_is() -> None:
    campaign = replace(ALWAYS, hours=Hours.parse({"mon": [["08:00", "11:00"]]}), packs=("fr", "us"))
    zone = ContactFacts(zone="Europe/Paris")
    at = paris("2026-11-23T09:30")
    gate = rules.lead_hours(zone, campaign, at)
    assert gate.detail is not None
    assert (gate.ok, gate.detail.code, gate.detail.params["pack"]) == (False, "outside_pack_hours", "fr")
    assert gate.next_at == paris("2026-11-23T10:00")
    closed = rules.lead_hours(zone, campaign, paris("2026-11-23T11:00"))
    assert closed.detail is not None
    assert (closed.ok, closed.detail.code) == (False, "outside_hours")


# --- how often --------------------------------------------------------------------------------

FRENCH = replace(ALWAYS, packs=("fr",))
NOON = paris("2026-11-23T12:00")
GOOD = ContactFacts(zone="Europe/Paris", consents=(Consent(paris("2026-01-01T12:00")),))


def calls(*days_ago: float) -> tuple[datetime, ...]:
    return tuple(NOON - timedelta(days=one) for one in days_ago)


def test_a_fifth_call_in_thirty_days_waits_for_the_first_to_be_thirty_days_old() -> None:
    assert rules.frequency(replace(GOOD, calls=calls(1, 2, 3)), FRENCH, NOON).ok
    gate = rules.frequency(replace(GOOD, calls=calls(1, 2, 3, 20)), FRENCH, NOON)
    assert (gate.ok, gate.next_at) == (False, NOON + timedelta(days=10))
    # Of more than four, the fourth newest decides.
    more = rules.frequency(replace(GOOD, calls=calls(1, 2, 3, 20, 29)), FRENCH, NOON)
    assert more.next_at == NOON + timedelta(days=10)


def test_a_call_counts_until_it_is_thirty_days_old_and_no_longer() -> None:
    just = rules.frequency(replace(GOOD, calls=calls(1, 2, 3, 30)), FRENCH, NOON)
    assert just.ok
    assert not rules.frequency(replace(GOOD, calls=calls(1, 2, 3, 29.999)), FRENCH, NOON).ok


def test_the_next_time_is_within_the_hours_of_the_pack() -> None:
    night = tuple(one.replace(hour=22) for one in calls(1, 2, 3, 20))
    verdict = rules.may_contact(replace(GOOD, calls=night), FRENCH, NOON)
    # Twenty days ago at 22:00, and 30 days: a Thursday night, 3 December; open again the next morning.
    assert verdict.next_at == paris("2026-12-04T10:00")


def test_after_a_refusal_sixty_whole_days_pass() -> None:
    refused = paris("2026-11-02T12:00")
    gate = rules.frequency(replace(GOOD, refused_at=refused), FRENCH, NOON)
    assert (gate.ok, gate.next_at) == (False, refused + timedelta(days=61))
    assert rules.frequency(replace(GOOD, refused_at=refused), FRENCH, refused + timedelta(days=61)).ok


def test_where_nobody_is_capped_how_often_does_not_matter() -> None:
    often = replace(GOOD, calls=calls(*(n / 100 for n in range(50))), refused_at=NOON)
    for pack in ("us", "uk", "dk"):
        assert rules.frequency(often, replace(ALWAYS, packs=(pack,)), NOON).ok


# --- on what ground ---------------------------------------------------------------------------


def has_basis(pack: str, contact: ContactFacts, at: datetime = NOON) -> bool:
    return rules.basis(contact, replace(ALWAYS, packs=(pack,)), at).ok


def test_france_asks_for_consent_since_august_2026() -> None:
    nobody = ContactFacts()
    assert has_basis("fr", nobody, paris("2026-08-10T23:59"))
    assert not has_basis("fr", nobody, paris("2026-08-11T00:00"))
    assert rules.next_change(("fr",), paris("2026-08-01T12:00")) == paris("2026-08-11T00:00")
    assert rules.next_change(("fr",), NOON) is None


def test_in_france_consent_or_a_running_contract_is_a_ground() -> None:
    assert has_basis("fr", GOOD)
    assert has_basis("fr", ContactFacts(relation=Relation("customer")))
    assert not has_basis("fr", ContactFacts(relation=Relation("customer", until=date(2026, 11, 22))))
    assert not has_basis("fr", ContactFacts(relation=Relation("donor")))


def test_consent_counts_from_when_it_is_given_until_it_is_withdrawn() -> None:
    given = ContactFacts(consents=(Consent(NOON, withdrawn_at=NOON + timedelta(days=1)),))
    assert not has_basis("fr", given, NOON - timedelta(seconds=1))
    assert has_basis("fr", given, NOON)
    assert not has_basis("fr", given, NOON + timedelta(days=1))
    again = replace(given, consents=(*given.consents, Consent(NOON + timedelta(days=3))))
    gate = rules.basis(again, FRENCH, NOON + timedelta(days=2))
    assert (gate.ok, gate.next_at) == (False, NOON + timedelta(days=3))


def test_a_danish_consumer_is_sold_to_only_upon_request() -> None:
    assert has_basis("dk", GOOD)
    assert not has_basis("dk", ContactFacts(relation=Relation("customer")))


def test_a_danish_collector_calls_members_and_last_years_donors() -> None:
    def fits(kind: str, since: date | None = None, until: date | None = None) -> bool:
        return has_basis("dk_collecting", ContactFacts(relation=Relation(kind, since, until)))

    assert fits("member")
    assert fits("donor")
    assert fits("donor", until=date(2025, 11, 24))
    assert not fits("donor", until=date(2025, 11, 22))
    assert not fits("member", until=date(2026, 11, 22))
    assert not fits("customer")
    assert not has_basis("dk_collecting", GOOD)


def test_a_relation_that_begins_later_is_a_ground_from_then_on() -> None:
    member = ContactFacts(relation=Relation("member", since=date(2026, 12, 1)))
    gate = rules.basis(member, replace(ALWAYS, packs=("dk_collecting",)), NOON)
    assert (gate.ok, gate.next_at) == (False, datetime(2026, 12, 1, tzinfo=UTC))


def test_of_two_packs_each_must_have_its_ground() -> None:
    both = replace(ALWAYS, packs=("fr", "dk_collecting"))
    member = ContactFacts(relation=Relation("member"))
    assert not rules.basis(member, both, NOON).ok
    assert rules.basis(replace(member, consents=GOOD.consents), both, NOON).ok
