from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from ringround.compliance import rules
from ringround.compliance.rules import CampaignFacts, ContactFacts, Detail, Gate, Relation
from ringround.compliance.texts import describe
from ringround.kernel.errors import Invalid
from ringround.kernel.windows import DEFAULT_HOURS, Hours

CPH = ZoneInfo("Europe/Copenhagen")
CAMPAIGN = CampaignFacts(hours=DEFAULT_HOURS, zone="Europe/Copenhagen", holidays="DK")
DANE = ContactFacts(number_zones=("Europe/Copenhagen",), country="DK")
MONDAY_NOON = datetime(2026, 11, 23, 12, tzinfo=CPH)


def hours_of(contact: ContactFacts, campaign: CampaignFacts, at: datetime) -> Gate:
    return rules.lead_hours(contact, campaign, at)


def test_a_lead_may_be_called_within_hours() -> None:
    verdict = rules.may_contact(DANE, CAMPAIGN, MONDAY_NOON)
    assert verdict.allow
    assert verdict.reasons == ()
    assert verdict.next_at == MONDAY_NOON


def test_the_verdict_names_every_gate_of_this_room() -> None:
    verdict = rules.may_contact(DANE, CAMPAIGN, MONDAY_NOON)
    assert [gate.gate for gate in verdict.gates] == [
        "campaign_window", "lead_hours", "suppression", "deactivation", "frequency", "basis",
    ]  # fmt: skip


def test_hours_are_read_in_the_contacts_own_zone_before_its_numbers() -> None:
    new_yorker = replace(DANE, zone="America/New_York")
    gate = hours_of(new_yorker, CAMPAIGN, MONDAY_NOON)
    assert not gate.ok
    assert gate.next_at == datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("America/New_York"))
    assert gate.detail == Detail("outside_hours", {"zone": "America/New_York", "local_time": "06:00"})


def test_hours_are_read_in_the_numbers_zone_before_the_campaigns() -> None:
    greenlander = ContactFacts(number_zones=("America/Godthab",))
    assert not hours_of(greenlander, CAMPAIGN, datetime(2026, 11, 23, 10, tzinfo=CPH)).ok


@pytest.mark.parametrize("zone", [None, "", "Mars/Olympus"])
def test_a_lead_of_no_known_zone_is_where_its_campaign_is(zone: str | None) -> None:
    assert rules.lead_zones(ContactFacts(zone=zone), CAMPAIGN) == (CPH,)


def test_with_two_possible_zones_both_must_be_open() -> None:
    australian = ContactFacts(number_zones=("Australia/Perth", "Australia/Sydney"))
    shut = hours_of(australian, CAMPAIGN, datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Australia/Sydney")))
    assert not shut.ok
    assert shut.next_at == datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Australia/Perth"))


def test_a_holiday_of_the_leads_country_counts_before_the_campaigns() -> None:
    swede = ContactFacts(number_zones=("Europe/Stockholm",), country="SE")
    epiphany = datetime(2026, 1, 6, 12, tzinfo=CPH)  # a holiday in Sweden, not in Denmark
    assert hours_of(DANE, CAMPAIGN, epiphany).ok
    gate = hours_of(swede, CAMPAIGN, epiphany)
    assert gate.detail == Detail("holiday", {"place": "SE", "date": "2026-01-06"})
    assert gate.next_at == datetime(2026, 1, 7, 9, tzinfo=CPH)


def test_a_lead_of_unknown_country_has_the_campaigns_holidays() -> None:
    christmas = datetime(2026, 12, 25, 12, tzinfo=CPH)
    for country in (None, "", "XX"):
        assert not hours_of(ContactFacts(country=country), CAMPAIGN, christmas).ok


def test_holidays_can_be_off() -> None:
    christmas = datetime(2026, 12, 25, 12, tzinfo=CPH)
    assert hours_of(DANE, replace(CAMPAIGN, holidays=None), christmas).ok


def test_a_campaign_of_one_state_keeps_its_holidays_for_leads_of_that_country() -> None:
    bavaria = replace(CAMPAIGN, holidays="DE-BY")
    epiphany = datetime(2026, 1, 6, 12, tzinfo=CPH)
    assert not hours_of(ContactFacts(country="DE"), bavaria, epiphany).ok


def test_a_campaign_without_hours_never_opens() -> None:
    gate = hours_of(DANE, replace(CAMPAIGN, hours=Hours.parse({})), MONDAY_NOON)
    assert (gate.ok, gate.next_at, gate.detail) == (False, None, Detail("no_hours"))


def test_before_its_start_a_campaign_is_shut_until_then() -> None:
    campaign = replace(CAMPAIGN, starts_at=MONDAY_NOON + timedelta(hours=1))
    gate = rules.campaign_window(campaign, MONDAY_NOON)
    assert (gate.ok, gate.next_at) == (False, campaign.starts_at)
    assert rules.campaign_window(campaign, MONDAY_NOON + timedelta(hours=1)).ok


def test_from_its_end_on_a_campaign_is_shut_for_good() -> None:
    gate = rules.campaign_window(replace(CAMPAIGN, ends_at=MONDAY_NOON), MONDAY_NOON)
    assert (gate.ok, gate.next_at) == (False, None)


def test_a_suppressed_contact_is_refused_with_the_lists() -> None:
    contact = replace(DANE, suppressed_by=("Robinson 2026-10",))
    verdict = rules.may_contact(contact, CAMPAIGN, MONDAY_NOON)
    assert not verdict.allow
    assert verdict.next_at is None
    assert [gate.gate for gate in verdict.reasons] == ["suppression"]


def test_a_suppression_that_ends_opens_then() -> None:
    until = datetime(2026, 11, 24, 3, tzinfo=UTC)
    contact = replace(DANE, suppressed_by=("x",), suppressed_until=until)
    assert rules.may_contact(contact, CAMPAIGN, MONDAY_NOON).next_at == datetime(2026, 11, 24, 9, tzinfo=CPH)
    assert rules.suppression(contact, until).ok


@pytest.mark.parametrize("value", ["FALSE", "false", " False ", "FALSK", "0", 0, False, 0.0, Decimal(0)])
def test_false_and_zero_deactivate_a_lead(value: object) -> None:
    campaign = replace(CAMPAIGN, deactivation_column="aktiv")
    gate = rules.deactivation(replace(DANE, deactivation_value=value), campaign)
    assert (gate.ok, gate.detail) == (False, Detail("deactivated", {"column": "aktiv"}))


@pytest.mark.parametrize("value", [None, "", "TRUE", "1", 1, True, "00", "nul", "-", [], {}])
def test_any_other_value_leaves_a_lead_active(value: object) -> None:
    campaign = replace(CAMPAIGN, deactivation_column="aktiv")
    assert rules.deactivation(replace(DANE, deactivation_value=value), campaign).ok


def test_without_a_deactivation_column_nothing_is_deactivated() -> None:
    assert rules.deactivation(replace(DANE, deactivation_value="0"), CAMPAIGN).ok


def test_without_packs_frequency_and_basis_are_open() -> None:
    assert rules.frequency(DANE, CAMPAIGN, MONDAY_NOON) == Gate("frequency", True, None, Detail("no_packs"))
    assert rules.basis(DANE, CAMPAIGN, MONDAY_NOON) == Gate("basis", True, None, Detail("no_packs"))


def test_an_unknown_pack_shuts_the_campaign() -> None:
    verdict = rules.may_contact(DANE, replace(CAMPAIGN, packs=("fr", "atlantis")), MONDAY_NOON)
    assert not verdict.allow
    assert verdict.next_at is None
    assert [gate.gate for gate in verdict.reasons] == ["frequency", "basis"]


def test_choosing_an_unknown_pack_is_refused_where_it_stands() -> None:
    rules.check_packs([])
    with pytest.raises(Invalid) as refused:
        rules.check_packs(["fr", "atlantis"])
    assert refused.value.code == "unknown_pack"
    assert refused.value.errors[0].loc == ("packs", 1)


def test_the_next_time_is_when_all_gates_are_open() -> None:
    night = datetime(2026, 11, 23, 22, tzinfo=CPH)
    campaign = replace(CAMPAIGN, starts_at=datetime(2026, 11, 27, 21, tzinfo=CPH))  # a Friday night
    verdict = rules.may_contact(DANE, campaign, night)
    assert verdict.next_at == datetime(2026, 11, 28, 10, tzinfo=CPH)


def test_a_campaign_that_ends_before_it_opens_has_no_next_time() -> None:
    night = datetime(2026, 11, 23, 22, tzinfo=CPH)
    campaign = replace(CAMPAIGN, ends_at=datetime(2026, 11, 24, 8, tzinfo=CPH))
    assert rules.may_contact(DANE, campaign, night).next_at is None


def test_gates_of_other_rooms_take_part_in_the_next_time() -> None:
    quarantined_until = datetime(2026, 11, 23, 20, 30, tzinfo=CPH)

    def ask(at: datetime) -> tuple[Gate, ...]:
        due = Gate("due", at >= quarantined_until, quarantined_until)
        return (*rules.gates(DANE, CAMPAIGN, at), due)

    assert rules.earliest(ask, MONDAY_NOON) == datetime(2026, 11, 24, 9, tzinfo=CPH)


def test_a_gate_that_promises_the_past_does_not_go_round_for_ever() -> None:
    def ask(at: datetime) -> tuple[Gate, ...]:
        return (Gate("due", False, at),)

    assert rules.earliest(ask, MONDAY_NOON) is None


def test_a_verdict_is_stored_as_plain_data() -> None:
    stored = rules.may_contact(replace(DANE, suppressed_by=("x",)), CAMPAIGN, MONDAY_NOON).to_json()
    assert stored["allow"] is False
    assert stored["gates"]["suppression"] == {"ok": False, "code": "suppressed", "lists": ("x",)}


@pytest.mark.parametrize(
    ("detail", "sentence"),
    [
        (Detail("no_packs"), "The campaign uses no rule pack."),
        (Detail("suppressed", {"lists": ("a", "b")}), "On a suppression list: a, b."),
        (Detail("open", {"zones": ("Europe/Copenhagen",)}), "Within the calling hours (Europe/Copenhagen)."),
    ],
)
def test_a_detail_has_a_sentence(detail: Detail, sentence: str) -> None:
    assert str(describe(detail)) == sentence


def test_a_detail_of_another_room_has_no_sentence_here() -> None:
    assert describe(Detail("lead_held")) is None
    assert describe(None) is None


def test_every_detail_the_gates_give_has_a_sentence() -> None:
    campaigns = [
        CAMPAIGN,
        replace(CAMPAIGN, hours=Hours.parse({})),
        replace(CAMPAIGN, packs=("fr", "us"), hours=Hours.always()),
        replace(CAMPAIGN, packs=("x",), ends_at=MONDAY_NOON, deactivation_column="c"),
        replace(CAMPAIGN, starts_at=MONDAY_NOON + timedelta(days=300)),
    ]
    contacts = [
        DANE,
        replace(DANE, suppressed_by=("x",), deactivation_value=0),
        replace(DANE, calls=(MONDAY_NOON,) * 4, relation=Relation("customer")),
        replace(DANE, refused_at=MONDAY_NOON),
    ]
    times = [
        MONDAY_NOON,
        datetime(2026, 11, 23, 4, tzinfo=CPH),
        datetime(2026, 11, 22, 12, tzinfo=CPH),
        datetime(2026, 12, 25, 12, tzinfo=CPH),
    ]
    found = [
        gate.detail
        for campaign in campaigns
        for contact in contacts
        for at in times
        for gate in rules.gates(contact, campaign, at)
        if gate.detail is not None
    ]
    assert {detail.code for detail in found} == {
        "no_hours", "open", "holiday", "outside_hours", "ended", "not_started", "suppressed", "deactivated",
        "unknown_pack", "no_packs", "packs_allow", "outside_pack_hours", "called_too_often", "refused", "no_basis",
        "has_basis",
    }  # fmt: skip
    assert all(str(describe(detail)) for detail in found)
