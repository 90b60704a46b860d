"""The simulation: the same interpreter on virtual time, with what is done recorded and its likeness applied."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from ringround.journeys.rules.figures import Figures
from ringround.journeys.rules.run import Effect, Entry, Run
from ringround.journeys.rules.simulate import Played, Playing, World, replay, stand
from ringround.journeys.rules.simulate.doing import outcome_of
from ringround.journeys.rules.simulate.effects import suppress
from ringround.journeys.rules.simulate.past import imprint, rewound
from ringround.journeys.rules.values import Event
from tests.unit.journeys.graphs import CAMPAIGN, NOW, OTHER, event, facts, graph, hours, is_, minutes, node, note

HOUR = timedelta(hours=1)
NOT_INTERESTED = {"type": "status_changed", "params": {"to": ["not_interested"]}}
REUSE = graph(node("w", "wait", "r", duration=hours(24)), node("r", "reset"), trigger=NOT_INTERESTED,
              settings={"exit_when": is_("lead.status", "not_interested", "ne")})  # fmt: skip


def not_interested(hour: int = 0) -> Event:
    at = NOW + hour * HOUR
    return event("campaigns.lead.status_changed", at, **{"from": "new", "to": "not_interested"})


def test_what_has_happened_is_replayed_over_many_leads_with_counts_per_arrow() -> None:
    leads = {f"lead {n}": facts(status="not_interested") for n in range(10)}
    leads["lead 9"] = facts(status="success")
    events = [(f"lead {n}", not_interested(n)) for n in range(10)]
    sold = event("campaigns.lead.status_changed", NOW + 12 * HOUR, **{"from": "not_interested", "to": "success"})
    world = replay([Played("j", REUSE)], leads, [*events, ("lead 9", sold), ("lead of nobody", sold)], since=NOW,
                   until=NOW + 30 * HOUR)  # fmt: skip
    told = stand(world)["j"].to_json()
    assert told["started"] == 10
    assert told["nodes"]["w"] == {"entered": 10, "waiting": 2, "left": {"next": 7}, "skipped": {}, "failed": {}}
    assert told["finished"] == {"end": 7, "exit_when": 1}
    assert told["effects"] == {"reset": 7}
    assert leads["lead 0"]["lead"]["status"] == "not_interested", "what is simulated touches nothing"


def test_the_same_script_gives_the_same() -> None:
    paths = [{"out": "a", "weight": 1}, {"out": "b", "weight": 1}]
    made = graph(node("s", "split", {"a": "x", "b": "y"}, paths=paths), note("x"), note("y"), trigger=NOT_INTERESTED)
    leads = {f"lead {n}": facts() for n in range(50)}
    events = [(name, not_interested()) for name in leads]
    one, two = (replay([Played("j", made)], leads, events, since=NOW, until=NOW + HOUR) for _ in range(2))
    assert one.done == two.done
    assert {done.effect.node for done in one.done} == {"x", "y"}


def test_what_comes_of_an_effect_can_be_told_and_failures_are_tried_again() -> None:
    made = graph(note("n", "w"), node("w", "wait", {}, duration=hours(1)), trigger=NOT_INTERESTED)
    answers = iter([("failed", "down"), ("failed", "down"), ("ok", "")])
    world = World([Played("j", made)], NOW, says=lambda lead, effect: next(answers))
    world.add("lead", facts())
    world.happen("lead", not_interested())
    world.run_until(NOW + HOUR)
    assert [(one.at - NOW, one.status) for one in world.done] == [
        (timedelta(), "failed"), (timedelta(minutes=1), "failed"), (timedelta(minutes=11), "ok"),
    ]  # fmt: skip
    assert {one.effect.key for one in world.done} == {"j/lead/1:n:1"}


def test_after_downtime_what_is_overdue_fires_oldest_first_and_none_early() -> None:
    made = graph(node("w", "wait", "n", duration=hours(3)), note("n"), trigger=NOT_INTERESTED)
    world = World([Played("j", made)], NOW)
    for n in (0, 1, 2):
        world.add(f"lead {n}", facts())
        world.happen(f"lead {n}", not_interested(n))
    world.down_until(NOW + timedelta(hours=4, minutes=30))
    assert [(one.lead, one.at - NOW) for one in world.done] == [
        ("lead 0", timedelta(hours=4, minutes=30)), ("lead 1", timedelta(hours=4, minutes=30)),
    ]  # fmt: skip
    assert world.late == [5400.0, 1800.0]


def test_a_journey_that_triggers_itself_through_another_stops_eight_deep() -> None:
    def emits(name: str, waits_for: str) -> Any:
        return graph(
            node("e", "emit_event", name=name),
            trigger={"type": "event_emitted", "params": {"name": waits_for}},
            settings={"reentry": "always"},
        )

    world = World([Played("a", emits("x", "y")), Played("b", emits("y", "x"))], NOW)
    world.add("lead", facts())
    world.happen("lead", event("journeys.event.emitted", NOW, name="y"))
    assert len(world.done) == 8
    assert world.figures["a"].refused == {"too_deep": 1}


def test_two_journeys_that_undo_each_other_come_to_an_end() -> None:
    def sets(to: str, at: str) -> Any:
        return graph(node("s", "set_status", status=to),
                     trigger={"type": "status_changed", "params": {"to": [at]}})  # fmt: skip

    world = World([Played("a", sets("invalid", "unqualified")), Played("b", sets("unqualified", "invalid"))], NOW)
    world.add("lead", facts())
    world.happen("lead", event("campaigns.lead.status_changed", NOW, **{"from": "new", "to": "invalid"}))
    assert len(world.done) == 8


def test_journeys_start_and_stop_each_other() -> None:
    other = graph(node("w", "wait", "n", duration=hours(2)), note("n"))
    starter = graph(
        node("a", "start_journey", "w", journey=OTHER), node("w", "wait", "z", duration=hours(1)),
        node("z", "stop_journey", "y", journey=OTHER), node("y", "stop_journey", journey=OTHER), trigger=NOT_INTERESTED,
    )  # fmt: skip
    after = graph(note("told"), trigger={"type": "journey_finished", "params": {"journey": OTHER}})
    world = World([Played("starter", starter), Played(OTHER, other), Played("after", after)], NOW)
    world.add("lead", facts())
    world.happen("lead", not_interested())
    world.run_until(NOW + 9 * HOUR)
    assert [(one.effect.node, one.status, one.reason) for one in world.done] == [
        ("a", "ok", ""), ("z", "ok", ""), ("y", "ok", ""), ("told", "ok", ""),
    ]  # fmt: skip
    assert world.figures[OTHER].finished == {"stopped": 1}


def test_a_limit_lets_so_many_through_in_its_time() -> None:
    made = graph(node("l", "limit", {"next": "n", "over": "o"}, most=2, per=hours(1)), note("n"), note("o"),
                 trigger=NOT_INTERESTED)  # fmt: skip
    world = World([Played("j", made)], NOW)
    for n, hour in enumerate((0, 0, 0, 1)):
        world.add(f"lead {n}", facts())
        world.happen(f"lead {n}", not_interested(hour))
    assert [one.effect.node for one in world.done if one.effect.type == "note"] == ["n", "n", "o", "n"]


def test_events_of_a_period_are_counted() -> None:
    count = {"event": "call_ended", "params": {"outcomes": ["no_answer"]}, "within": hours(5)}
    made = graph(note("n"), trigger={"type": "call_ended", "params": {}}, settings={"reentry": "always"},
                 entry={"count": count, "op": "ge", "value": 2})  # fmt: skip
    world = World([Played("j", made)], NOW)
    world.add("lead", facts())
    for hour in (0, 3, 6, 20):
        called = event("campaigns.lead.attempted", NOW + hour * HOUR, outcome="no_answer", attempts=1)
        world.happen("lead", called)
    assert [one.at - NOW for one in world.done] == [3 * HOUR, 6 * HOUR]


def test_a_lead_on_another_campaign_is_made_once_and_may_start_a_journey_there() -> None:
    made = graph(node("a", "add_to_campaign", campaign=OTHER, days=2), trigger=NOT_INTERESTED)
    there = graph(note("n"), trigger={"type": "added_to_campaign", "params": {"by": "journey"}},
                  scope={"campaigns": [OTHER]})  # fmt: skip
    world = World([Played("a", made), Played("b", there)], NOW)
    world.add("lead", facts())
    world.happen("lead", not_interested())
    world.happen("lead", not_interested(1))
    assert [(one.lead, one.effect.type, one.status) for one in world.done] == [
        ("lead", "add_to_campaign", "ok"), (f"lead@{OTHER}", "note", "ok"), ("lead", "add_to_campaign", "skipped"),
    ]  # fmt: skip
    assert world.leads[f"lead@{OTHER}"]["lead"]["next_contact_at"] == NOW + timedelta(days=2)
    assert world.leads["lead"]["campaign"]["id"] == CAMPAIGN


def test_figures_are_made_of_the_log() -> None:
    figures = Figures()
    figures.add([Entry("a", "entered"), Entry("a", "skipped", "no_address"), Entry("a", "left", "next"),
                 Entry("b", "entered"), Entry("b", "waiting"), Entry("b", "failed", "down"),
                 Entry("b", "finished", "end")])  # fmt: skip
    assert figures.to_json()["nodes"] == {
        "a": {"entered": 1, "waiting": 0, "left": {"next": 1}, "skipped": {"no_address": 1}, "failed": {}},
        "b": {"entered": 1, "waiting": 0, "left": {}, "skipped": {}, "failed": {"down": 1}},
    }
    assert figures.finished == {"end": 1}


def test_where_runs_stand_is_told() -> None:
    world = World([Played("j", graph(node("w", "wait", {}, duration=minutes(5)), trigger=NOT_INTERESTED))], NOW)
    world.add("lead", facts())
    world.happen("lead", not_interested())
    assert stand(world)["j"].waiting == {"w": 1}
    assert world.start_by_hand("lead", "j") == "running"


def test_journeys_that_start_each_other_by_name_stop_eight_deep() -> None:
    def starts(journey: str) -> Any:
        return graph(node("s", "start_journey", journey=journey), settings={"reentry": "always"})

    world = World([Played(CAMPAIGN, starts(OTHER)), Played(OTHER, starts(CAMPAIGN))], NOW)
    world.add("lead", facts())
    assert world.start_by_hand("lead", CAMPAIGN) is None
    assert len(world.runs) == 8
    # That it is let in nowhere is no fault of the run that asks.
    assert Counter(one.status for one in world.done) == {"ok": 8}
    assert world.figures[CAMPAIGN].refused == {"too_deep": 1}


@pytest.mark.parametrize(
    ("channel", "barred"),
    [("sms", {"sms"}), ("phone", {"sms"}), ("email", {"email"}), ("any", {"sms", "email"})],
)
def test_who_was_suppressed_gets_no_message_of_what_is_barred(channel: str, barred: set[str]) -> None:
    made = graph(
        node("b", "suppress", "s", channel=channel, scope="organisation"),
        node("s", "send_sms", "e", template=OTHER),
        node("e", "send_email", template=OTHER),
        trigger=NOT_INTERESTED,
    )
    world = World([Played("j", made)], NOW)
    world.add("lead", facts(status="not_interested"))
    world.happen("lead", not_interested())
    world.run_until(NOW + HOUR)
    skipped = {one.effect.type.removeprefix("send_") for one in world.done if one.reason == "suppressed"}
    assert skipped == barred


CLOSES = graph(node("c", "close", status="unqualified"), trigger=NOT_INTERESTED)


@pytest.mark.parametrize(("held_until", "minutes_later"), [(None, 5), (NOW + 2 * HOUR, 120)])
def test_what_waits_for_a_call_is_done_when_that_is_over(held_until: Any, minutes_later: int) -> None:
    world = World([Played("j", CLOSES)], NOW)
    lead = facts(status="automatic_redial")
    lead["lead"] |= {"in_call": True, "held": True, "held_until": held_until}
    world.add("lead", lead)
    world.happen("lead", not_interested(), {"lead.status": "automatic_redial"})
    world.run_until(NOW + 400 * 24 * HOUR)
    (done,) = world.done
    assert (done.status, done.at - NOW) == ("ok", timedelta(minutes=minutes_later, seconds=1))
    assert world._moves < 10


def test_an_attempt_ends_the_call_and_the_past_knows_nothing_of_the_call_of_now() -> None:
    lead = facts(status="automatic_redial")
    lead["lead"] |= {"in_call": True, "held": True, "held_until": NOW + HOUR}
    assert rewound(lead, [])["lead"]["in_call"] is False
    imprint(lead, event("campaigns.lead.attempted", NOW, attempts=1))
    assert (lead["lead"]["in_call"], lead["lead"]["held"]) == (False, False)


def test_a_lead_that_is_placed_upon_is_waited_for_while_somebody_calls_it() -> None:
    placing = node("p", "add_to_campaign", campaign=OTHER, duplicate="reset")
    world = World([Played("j", graph(placing, trigger=NOT_INTERESTED))], NOW)
    here, there = facts(), facts()
    there["campaign"] = {**there["campaign"], "id": OTHER}
    for one in (here, there):
        one["contact"] = {"id": "contact", "fields": {}}
    there["lead"] |= {"in_call": True, "held_until": NOW + HOUR}
    world.add("here", here)
    world.add("there", there)
    world.happen("here", not_interested())
    world.run_until(NOW + 2 * HOUR)
    assert [(one.status, one.at - NOW) for one in world.done] == [("ok", HOUR + timedelta(seconds=1))]


def test_who_is_barred_on_one_campaign_is_not_on_the_other() -> None:
    one: dict[str, Any] = {"reach": {"email": ""}}
    two = {**one}
    suppress(one, "any")
    assert (one["reach"]["sms"], two["reach"]) == ("suppressed", {"email": ""})


def test_who_is_on_the_campaign_later_is_not_there_yet() -> None:
    made = graph(node("p", "add_to_campaign", campaign=OTHER), trigger=NOT_INTERESTED, settings={"reentry": "always"})
    world = World([Played("j", made)], NOW)
    here, there = facts(), facts(created_at=NOW + HOUR)
    there["campaign"] = {**there["campaign"], "id": OTHER}
    for name, one in (("here", here), ("there", there)):
        one["contact"] = {"id": "contact", "fields": {}}
        world.add(name, one)
    world.happen("here", not_interested())
    world.happen("here", not_interested(2))
    assert [one.status for one in world.done] == ["ok", "skipped"]


def test_a_lead_that_is_made_later_is_not_told_of_the_contacts_change() -> None:
    sets = node("s", "set_field", field="contact.fields.city", source="value", value="Odense")
    made = graph(sets, trigger={"type": "field_changed", "params": {"fields": ["contact.fields.city"]}},
                 scope={"campaigns": [CAMPAIGN, OTHER]})  # fmt: skip
    world = World([Played("j", made)], NOW)
    for name, lead in (("here", facts()), ("later", facts(created_at=NOW + HOUR)), ("there", facts(created_at=NOW))):
        lead["contact"] = {"id": "contact", "fields": {}}
        world.add(name, lead)
    world.start_by_hand("here", "j")
    assert sorted({one.lead for one in world.runs.values()}) == ["here", "there"]


def test_a_lead_that_was_erased_later_was_there_and_could_be_reached() -> None:
    gone = {**facts(), "gone": True}
    assert "gone" not in rewound(gone, [event("contacts.contact.erased", NOW)])
    assert rewound(gone, [])["gone"]


def test_an_address_that_bounced_later_took_mails_before() -> None:
    lead = {**facts(), "reach": {"email": "bounced_before", "sms": "no_address"}}
    full, nobody = (event("messaging.message.bounced", NOW, reason=why) for why in ("full", "mailbox"))
    assert rewound(lead, [full])["reach"]["email"] == "bounced_before"
    assert rewound(lead, [full, nobody])["reach"] == {"email": "", "sms": "no_address"}


def test_who_is_another_by_the_end_of_the_call_is_placed_nowhere() -> None:
    world = World([Played("j", graph(node("p", "add_to_campaign", campaign=OTHER, duplicate="update")))], NOW)
    world.add("lead", facts())
    placing = Effect("add_to_campaign", "p", 1, "j:p:1", {"campaign": OTHER, "duplicate": "update"}, "new")
    world.leads["lead"]["lead"]["status"] = "success"
    playing = Playing(world.journeys[0], "lead", 0, Run(id="j", started_at=NOW))
    assert outcome_of(world, playing, placing) == ("skipped", "status_changed")


def by_hand(*nodes: dict[str, Any], **more: Any) -> World:
    world = World([Played("j", graph(*nodes, **more))], NOW)
    world.add("lead", facts())
    return world


def ends(world: World) -> list[str]:
    return [one.finished.reason for one in world.runs.values() if one.finished is not None]


def test_what_ends_a_run_is_asked_when_an_address_has_answered() -> None:
    urgent = {"exit_when": is_("lead.urgent", True)}
    world = by_hand(
        node("u", "urgent", "c", on=True), node("c", "call_url", "n", url="https://example.org/"), note("n"),
        settings=urgent,
    )  # fmt: skip
    world.start_by_hand("lead", "j")
    assert (ends(world), [one.effect.node for one in world.done]) == (["exit_when"], ["u", "c"])


@pytest.mark.parametrize(("reason", "tries"), [("404", 1), ("private_target", 1), ("503", 3), ("timeout", 3)])
def test_an_address_is_tried_again_where_it_may_answer_otherwise(reason: str, tries: int) -> None:
    world = by_hand(node("c", "call_url", url="https://example.org/"))
    world.says = lambda lead, effect: ("failed", reason)
    world.start_by_hand("lead", "j")
    world.run_until(NOW + HOUR)
    assert ([one.status for one in world.done], ends(world)) == (["failed"] * tries, ["failed"])


def test_a_message_waits_until_it_may_go() -> None:
    sends = node("s", "send_sms", "w", template=OTHER)
    waits = node("w", "wait_event", {"happened": "n"}, event={"type": "message_sent", "params": {}})
    world = by_hand(sends, waits, note("n"))
    world.may = lambda facts, channel, quiet, sent, now: (max(now, NOW + HOUR), "")
    world.start_by_hand("lead", "j")
    assert (ends(world), world.letters[0].at) == ([], NOW + HOUR)
    world.run_until(NOW + 2 * HOUR)
    assert (ends(world), world.posted[0].went_at) == (["end"], NOW + HOUR)


@pytest.mark.parametrize(("on_skip", "how"), [("exit", "skipped"), ("continue", "end")])
def test_a_message_that_does_not_go_after_all_is_told_of_its_step(on_skip: str, how: str) -> None:
    sends = node("s", "send_sms", "w", template=OTHER, on_skip=on_skip)
    world = by_hand(sends, node("w", "wait", duration=hours(1)))
    world.may = lambda facts, channel, quiet, sent, now: (None, "capped")
    world.start_by_hand("lead", "j")
    world.run_until(NOW + 2 * HOUR)
    assert (ends(world), world.figures["j"].skipped) == ([how], {("s", "capped"): 1})


def test_who_is_erased_gets_nothing_that_still_waits() -> None:
    world = by_hand(node("s", "send_sms", "w", template=OTHER), node("w", "wait", duration=hours(1)))
    world.may = lambda facts, channel, quiet, sent, now: (max(now, NOW + HOUR), "")
    world.start_by_hand("lead", "j")
    world.happen("lead", event("contacts.contact.erased"))
    world.run_until(NOW + 2 * HOUR)
    assert ([one.reason for one in world.posted], ends(world)) == (["erased"], ["stopped"])


def test_messages_that_went_to_the_same_person_are_told_to_whoever_says_whether_one_may_go() -> None:
    sends = [node(id, "send_sms", then, template=OTHER) for id, then in (("s", "t"), ("t", None))]
    world = by_hand(*sends)
    world.leads["lead"]["reach"] = {"sent": {"sms": [NOW - HOUR, NOW + HOUR]}}
    asked: list[list[Any]] = []
    world.may = lambda facts, channel, quiet, sent, now: (asked.append([*sent]), (now, ""))[1]
    world.start_by_hand("lead", "j")
    # What is later than now has not been yet.
    assert asked == [[NOW - HOUR], [NOW - HOUR, NOW]]
