"""What the ten reference journeys are to do, as data: a lead, what happens to it and when, and what is done when.

`SCENARIOS` are played on the simulation here (`play`), and by the engine's tests on the real thing: a step is what a
person or the lead does, in the product's own words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ringround.journeys.rules.graph import compiled
from ringround.journeys.rules.lint import check
from ringround.journeys.rules.simulate import Done, Played, World
from ringround.journeys.rules.templates import fill
from ringround.journeys.rules.values import Event

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
CAMPAIGN = "0190a000-0000-7000-8000-00000000c001"
TARGET = "0190a000-0000-7000-8000-00000000c002"
JACKS = "0190a000-0000-7000-8000-00000000c003"
JACK = "0190a000-0000-7000-8000-00000000a001"
JILL = "0190a000-0000-7000-8000-00000000a002"
SMS = "0190a000-0000-7000-8000-00000000d001"
EMAIL = "0190a000-0000-7000-8000-00000000d002"
QUARANTINE = timedelta(hours=1)
MAX_ATTEMPTS = 3
OPEN = frozenset({"new", "automatic_redial", "common_redial", "private_redial"})
NOTE = "Kunden har åbnet mailen"


def at(text: str, seconds: int = 0) -> datetime:
    """A time in Copenhagen: `2026-03-02 10:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=COPENHAGEN).astimezone(UTC) + timedelta(seconds=seconds)


# --- steps ----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Step:
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Saved(Step):
    """An agent saves what came of a call. Not reached: automatic redial, until attempts are used up. `callback`: when
    one is booked, kept for the agent where `private`."""

    status: str = "automatic_redial"
    outcome: str = "answered"
    answers: Mapping[str, Any] = field(default_factory=dict)
    agent: str = JACK
    callback: datetime | None = None
    private: bool = True


@dataclass(frozen=True, kw_only=True)
class StatusSet(Step):
    """A supervisor sets the status."""

    status: str


@dataclass(frozen=True, kw_only=True)
class CallbackMoved(Step):
    to: datetime


@dataclass(frozen=True, kw_only=True)
class Expired(Step):
    """The lead's expiry passes, while nobody talks with it."""


@dataclass(frozen=True, kw_only=True)
class Opened(Step):
    """The lead, or a machine, opens the e-mail."""

    machine: bool = False


@dataclass(frozen=True, kw_only=True)
class Clicked(Step):
    machine: bool = False


@dataclass(frozen=True, kw_only=True)
class Down(Step):
    """Nothing runs from `at` to `until`; then it all does."""

    until: datetime


# --- scenarios ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Expect:
    """An effect on the lead, to the second. `data`: what of it is looked at."""

    at: datetime
    type: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """`lead` is what is special about it at the beginning, `after` what is looked at in the end."""

    name: str
    template: str
    params: Mapping[str, Any]
    steps: tuple[Step, ...]
    until: datetime
    expects: tuple[Expect, ...] = ()
    lead: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    there: tuple[str, ...] = ()  # campaigns on which the contact is a lead already


_MONTHS = {"campaign": CAMPAIGN, "months": 3}
_REASON = {"campaign": CAMPAIGN, "field": "why_not", "retry_value": "Ikke nu", "stop_value": "Aldrig", "months": 3}
_MAX = {"campaign": CAMPAIGN, "target": TARGET}
_AGENT = {"campaign": CAMPAIGN, "map": {JACK: JACKS}, "days": 30}
_SMS = {"campaign": CAMPAIGN, "template": SMS}
_EMAIL = {"campaign": CAMPAIGN, "template": EMAIL}
_EXPIRED = {"campaign": CAMPAIGN, "status": "unqualified"}
_OPEN = {"campaign": CAMPAIGN, "minutes": 1, "note": NOTE}
_REMIND = {"campaign": CAMPAIGN, "hours": 2, "channel": "sms", "template": SMS}
_MON = "2026-03-02"


def _no(when: str, **more: Any) -> Saved:
    return Saved(at=at(when), status="not_interested", **more)


def _reuse(name: str, steps: tuple[Step, ...], until: str, *resets: datetime, **more: Any) -> Scenario:
    expects = tuple(Expect(one, "reset") for one in resets)
    return Scenario(
        name=name,
        template="reuse_not_interested",
        params=_MONTHS,
        steps=steps,
        until=at(until),
        expects=expects,
        **more,
    )


def _reason(name: str, answers: Mapping[str, Any], *expects: Expect) -> Scenario:
    steps = (_no("2025-11-30 10:00", answers=answers),)
    until = at("2026-12-01 10:00")
    return Scenario(name=name, template="reuse_by_reason", params=_REASON, steps=steps, until=until, expects=expects)


def _unanswered(name: str, template: str, steps: tuple[Step, ...], *expects: Expect, **more: Any) -> Scenario:
    params = _SMS if template == "sms_first_no_answer" else _EMAIL
    until = at("2026-04-01 10:00")
    return Scenario(name=name, template=template, params=params, steps=steps, until=until, expects=expects, **more)


def _remind(name: str, steps: tuple[Step, ...], *expects: Expect, **more: Any) -> Scenario:
    params = {**_REMIND, **more}
    until = at("2026-04-01 10:00")
    return Scenario(
        name=name, template="remind_before_callback", params=params, steps=steps, until=until, expects=expects
    )


def _first_tries(template: str, action: str, id: str) -> tuple[Scenario, ...]:
    told = {"template": id}
    found = [
        _unanswered(
            f"{template}: one at the first call that is {outcome}, none at the second",
            template,
            (Saved(at=at(f"{_MON} 10:00"), outcome=outcome), Saved(at=at(f"{_MON} 12:00"), outcome="no_answer")),
            Expect(at(f"{_MON} 10:00"), action, told),
        )
        for outcome in ("no_answer", "busy", "machine")
    ]
    return (
        *found,
        _unanswered(
            f"{template}: none where the first call is answered and the second is not",
            template,
            (Saved(at=at(f"{_MON} 10:00")), Saved(at=at(f"{_MON} 12:00"), outcome="no_answer")),
        ),
    )


def _booked(when: str, callback: str, **more: Any) -> Saved:
    return Saved(at=at(when), status="private_redial", callback=at(callback), **more)


SCENARIOS: tuple[Scenario, ...] = (
    # 1
    _reuse("30 November 10:00 is reset on 28 February 10:00", (_no("2025-11-30 10:00"),), "2026-12-01 10:00",
           at("2026-02-28 10:00"),
           after={"status": "new", "attempts": 0, "next_contact_at": None, "owner": None, "active": True,
                  "result": {}}),
    _reuse("30 November before a leap year's February is reset on the 29th", (_no("2027-11-30 10:00"),),
           "2028-12-01 10:00", at("2028-02-29 10:00")),
    _reuse("over the change to summer time it is the same hour on the wall", (_no("2026-01-15 10:00"),),
           "2026-12-01 10:00", at("2026-04-15 10:00")),
    _reuse("a time that the clocks skip comes an hour later on the wall", (_no("2025-12-29 02:30"),),
           "2026-12-01 10:00", at("2026-03-29 03:30")),
    _reuse("a lead whose status changes meanwhile is left",
           (_no("2025-11-30 10:00"), StatusSet(at=at("2026-01-05 09:00"), status="success")), "2026-12-01 10:00",
           after={"status": "success"}),
    _reuse("a status that changes and comes back begins the three months again",
           (_no("2025-11-30 10:00"), StatusSet(at=at("2026-01-05 09:00"), status="success"), _no("2026-01-15 10:00")),
           "2026-12-01 10:00", at("2026-04-15 10:00")),
    _reuse("after downtime over its time it is reset when all runs again",
           (_no("2025-11-30 10:00"), Down(at=at("2026-02-27 10:00"), until=at("2026-03-02 09:00", 7))),
           "2026-12-01 10:00", at("2026-03-02 09:00", 7)),
    _reuse("a lead that is not interested again is reset again", (_no("2025-11-30 10:00"), _no("2026-03-15 10:00")),
           "2026-12-01 10:00", at("2026-02-28 10:00"), at("2026-06-15 10:00")),
    _reuse("another status is none of it", (Saved(at=at("2025-11-30 10:00"), status="unqualified"),),
           "2026-12-01 10:00"),
    # 2
    _reason("the reason to try again is reset after three months", {"why_not": "Ikke nu"},
            Expect(at("2026-02-28 10:00"), "reset")),
    _reason("the reason to stop deactivates at once", {"why_not": "Aldrig"},
            Expect(at("2025-11-30 10:00"), "deactivate")),
    _reason("without a reason nothing is done", {}),
    _reason("another reason does nothing", {"why_not": "Måske"}),
    # 3
    Scenario(
        name="the save that reaches the most attempts adds to the other campaign, once, and leaves the lead",
        template="max_attempts_to_campaign", params=_MAX, until=at("2026-04-01 10:00"),
        steps=tuple(Saved(at=at(f"{_MON} {hour}:00"), outcome="no_answer") for hour in (10, 12, 14)),
        expects=(Expect(at(f"{_MON} 14:00"), "add_to_campaign", {"campaign": TARGET, "duplicate": "skip"}),),
        after={"status": "exhausted", "attempts": 3},
    ),
    Scenario(
        name="a contact that is on the other campaign is not added",
        template="max_attempts_to_campaign", params=_MAX, until=at("2026-04-01 10:00"), there=(TARGET,),
        steps=tuple(Saved(at=at(f"{_MON} {hour}:00"), outcome="no_answer") for hour in (10, 12, 14)),
    ),
    Scenario(
        name="the last attempt won is not used up",
        template="max_attempts_to_campaign", params=_MAX, until=at("2026-04-01 10:00"),
        steps=(
            *(Saved(at=at(f"{_MON} {hour}:00"), outcome="no_answer") for hour in (10, 12)),
            Saved(at=at(f"{_MON} 14:00"), status="success"),
        ),
    ),
    # 4
    Scenario(
        name="who Jack wins is on Jack's campaign, callable in 30 days at the same hour, also over the change of time",
        template="campaign_per_agent", params=_AGENT, until=at("2026-06-01 10:00"),
        steps=(Saved(at=at("2026-03-10 10:00"), status="success", agent=JACK),),
        expects=(Expect(at("2026-03-10 10:00"), "add_to_campaign",
                        {"campaign": JACKS, "next_contact_at": at("2026-04-09 10:00")}),),
        after={"status": "success"},
    ),
    Scenario(
        name="who somebody else wins is on no other campaign",
        template="campaign_per_agent", params=_AGENT, until=at("2026-06-01 10:00"),
        steps=(Saved(at=at("2026-03-10 10:00"), status="success", agent=JILL),),
    ),
    # 5 and 6
    *_first_tries("sms_first_no_answer", "send_sms", SMS),
    *_first_tries("email_first_no_answer", "send_email", EMAIL),
    _unanswered(
        "a lead that is reset and not reached again gets no second SMS", "sms_first_no_answer",
        (Saved(at=at(f"{_MON} 10:00"), outcome="no_answer"), StatusSet(at=at("2026-03-03 10:00"), status="new"),
         Saved(at=at("2026-03-04 10:00"), outcome="no_answer")),
        Expect(at(f"{_MON} 10:00"), "send_sms"),
    ),
    _unanswered(
        "a lead that is reset and not reached again gets no second e-mail to open", "speed_up_on_open",
        (Saved(at=at(f"{_MON} 10:00"), outcome="no_answer"), Opened(at=at(f"{_MON} 10:20")),
         StatusSet(at=at("2026-03-03 10:00"), status="new"), Saved(at=at("2026-03-04 10:00"), outcome="no_answer")),
        Expect(at(f"{_MON} 10:00"), "send_email"),
        Expect(at(f"{_MON} 10:20"), "fast_forward"),
    ),
    # 7
    *(
        Scenario(
            name=f"an expired lead that is {status} is closed", template="close_expired", params=_EXPIRED,
            steps=(Expired(at=at("2026-03-05 00:00")),), until=at("2026-04-01 10:00"), lead={"status": status},
            expects=(Expect(at("2026-03-05 00:00"), "close", {"status": "unqualified"}),),
            after={"status": "unqualified"},
        )
        for status in ("new", "automatic_redial", "common_redial")
    ),
    Scenario(
        name="an expired private redial is left", template="close_expired", params=_EXPIRED,
        steps=(Expired(at=at("2026-03-05 00:00")),), until=at("2026-04-01 10:00"), lead={"status": "private_redial"},
        after={"status": "private_redial"},
    ),
    # 8
    _unanswered(
        "who opens the e-mail is called sooner, once; attempts stay", "speed_up_on_open",
        (Saved(at=at(f"{_MON} 10:00"), outcome="no_answer"), Opened(at=at(f"{_MON} 10:20", 5)),
         Opened(at=at(f"{_MON} 10:30"))),
        Expect(at(f"{_MON} 10:00"), "send_email", {"template": EMAIL}),
        Expect(at(f"{_MON} 10:20", 5), "fast_forward"),
        after={"attempts": 1, "status": "automatic_redial", "next_contact_at": at(f"{_MON} 10:20", 5)},
    ),
    _unanswered(
        "a machine that opens the e-mail is nobody; the lead afterwards is", "speed_up_on_open",
        (Saved(at=at(f"{_MON} 10:00"), outcome="no_answer"), Opened(at=at(f"{_MON} 10:05"), machine=True),
         Opened(at=at(f"{_MON} 10:40"))),
        Expect(at(f"{_MON} 10:00"), "send_email"),
        Expect(at(f"{_MON} 10:40"), "fast_forward"),
    ),
    _unanswered(
        "who opens it when a callback is booked meanwhile is not called sooner", "speed_up_on_open",
        (Saved(at=at(f"{_MON} 10:00"), outcome="no_answer"), _booked(f"{_MON} 12:00", "2026-03-05 10:00"),
         Opened(at=at(f"{_MON} 12:20"))),
        Expect(at(f"{_MON} 10:00"), "send_email"),
        after={"status": "private_redial", "next_contact_at": at("2026-03-05 10:00")},
    ),
    _unanswered(
        "who opens it when closed meanwhile is not called", "speed_up_on_open",
        (Saved(at=at(f"{_MON} 10:00"), outcome="no_answer"), Saved(at=at(f"{_MON} 12:00"), status="success"),
         Opened(at=at(f"{_MON} 12:20"))),
        Expect(at(f"{_MON} 10:00"), "send_email"),
        after={"status": "success"},
    ),
    # 9
    Scenario(
        name="an opened e-mail moves the callback to a minute from now, with a note; a second time does nothing",
        template="callback_on_open", params=_OPEN, until=at("2026-04-01 10:00"),
        steps=(_booked(f"{_MON} 10:00", "2026-03-05 10:00"), Opened(at=at(f"{_MON} 11:00", 3)),
               Opened(at=at(f"{_MON} 11:30")), Clicked(at=at(f"{_MON} 11:31"))),
        expects=(Expect(at(f"{_MON} 11:00", 3), "next_contact", {"at": at(f"{_MON} 11:01", 3), "keep": "earliest"}),
                 Expect(at(f"{_MON} 11:00", 3), "note", {"text": NOTE, "console": True})),
        after={"status": "private_redial", "next_contact_at": at(f"{_MON} 11:01", 3), "owner": JACK},
    ),
    Scenario(
        name="a callback that is sooner than a minute from now stays",
        template="callback_on_open", params=_OPEN, until=at("2026-04-01 10:00"),
        steps=(_booked(f"{_MON} 10:00", f"{_MON} 11:00"), Opened(at=at(f"{_MON} 10:59", 30))),
        expects=(Expect(at(f"{_MON} 10:59", 30), "next_contact"), Expect(at(f"{_MON} 10:59", 30), "note")),
        after={"next_contact_at": at(f"{_MON} 11:00")},
    ),
    Scenario(
        name="a machine that opens it moves no callback",
        template="callback_on_open", params=_OPEN, until=at("2026-04-01 10:00"),
        steps=(_booked(f"{_MON} 10:00", "2026-03-05 10:00"), Opened(at=at(f"{_MON} 11:00"), machine=True)),
        after={"next_contact_at": at("2026-03-05 10:00")},
    ),
    # 10
    _remind("an SMS two hours before the callback", (_booked(f"{_MON} 10:00", "2026-03-05 14:00"),),
            Expect(at("2026-03-05 12:00"), "send_sms", {"template": SMS})),
    _remind("booked ninety minutes ahead there is none", (_booked(f"{_MON} 10:00", f"{_MON} 11:30"),)),
    _remind("moved from 14:00 to 16:00 at 11:30 there is one at 14:00",
            (_booked(f"{_MON} 10:00", f"{_MON} 14:00"), CallbackMoved(at=at(f"{_MON} 11:30"), to=at(f"{_MON} 16:00"))),
            Expect(at(f"{_MON} 14:00"), "send_sms")),
    _remind("moved so near that two hours before is over there is none",
            (_booked(f"{_MON} 10:00", "2026-03-05 14:00"),
             CallbackMoved(at=at(f"{_MON} 11:30"), to=at(f"{_MON} 12:00")))),
    _remind("a callback that was taken meanwhile gets none",
            (_booked(f"{_MON} 10:00", "2026-03-05 14:00"), Saved(at=at("2026-03-04 10:00"), status="success"))),
    _remind("over the change to summer time it is two hours by the clock",
            (_booked("2026-03-28 10:00", "2026-03-29 04:00"),), Expect(at("2026-03-29 01:00"), "send_sms")),
    _remind("after downtime that ends before the callback it comes late",
            (_booked(f"{_MON} 10:00", "2026-03-05 14:00"),
             Down(at=at("2026-03-05 11:00"), until=at("2026-03-05 12:30", 9))),
            Expect(at("2026-03-05 12:30", 9), "send_sms")),
    _remind("after downtime over the callback itself there is none",
            (_booked(f"{_MON} 10:00", "2026-03-05 14:00"),
             Down(at=at("2026-03-05 11:00"), until=at("2026-03-05 14:00", 1)))),
    _remind("a callback for anybody is told of too, by e-mail where that is chosen",
            (Saved(at=at(f"{_MON} 10:00"), status="common_redial", callback=at("2026-03-05 14:00"), private=False),),
            Expect(at("2026-03-05 11:00"), "send_email", {"template": EMAIL}),
            channel="email", template=EMAIL, hours=3),
)  # fmt: skip


# --- on the simulation ------------------------------------------------------------------------------


def play(scenario: Scenario, language: str = "en") -> tuple[World, list[Done]]:
    """The scenario in memory: the world afterwards, and what was done to the lead."""
    document = check(fill(scenario.template, scenario.params)).require()
    world = World([Played("journey", compiled(document))], scenario.steps[0].at)
    first = {"status": "new", "active": True, "attempts": 0, "result": {}, "next_contact_at": None, "owner": None}
    lead = {**first, **scenario.lead}
    contact = {"id": "contact", "fields": {}}
    campaign = {"id": CAMPAIGN, "max_attempts": MAX_ATTEMPTS}
    world.add(
        "lead",
        {
            "lead": {**lead, "open": lead["status"] in OPEN}, "contact": contact, "campaign": campaign,
            "zone": "Europe/Copenhagen",
        },
    )  # fmt: skip
    for other in scenario.there:
        world.add(f"lead@{other}", {"lead": dict(first), "contact": contact, "campaign": {"id": other}})
    for step in scenario.steps:
        take(world, step)
    world.run_until(scenario.until)
    return world, [one for one in world.done if one.lead == "lead" and one.status == "ok"]


def take(world: World, step: Step) -> None:
    """One step, with the events in the order in which the product records them."""
    if isinstance(step, Down):
        world.run_until(step.at)
        world.down_until(step.until)
        return
    world.run_until(step.at)
    lead = world.leads["lead"]["lead"]
    before = dict(lead)
    told: list[tuple[str, dict[str, Any]]] = []
    match step:
        case Saved():
            _save(lead, step, told)
        case StatusSet(status="new"):
            lead |= {"status": "new", "attempts": 0, "next_contact_at": None, "owner": None, "result": {}}
        case StatusSet():
            lead |= {"status": step.status, "next_contact_at": None, "owner": None}
        case CallbackMoved():
            lead["next_contact_at"] = step.to
            told.append(("campaigns.callback.moved", {"at": step.to.isoformat(), "private": True}))
        case Expired():
            told.append(("campaigns.lead.expired", {"status": lead["status"]}))
        case Opened() | Clicked():
            what = "opened" if isinstance(step, Opened) else "clicked"
            data = {"channel": "email", "template": EMAIL, "nth": 1, "machine": step.machine}
            told.append((f"messaging.message.{what}", data))
    lead["open"] = lead["status"] in OPEN
    if lead["status"] != before["status"]:
        told.append(("campaigns.lead.status_changed", {"from": before["status"], "to": lead["status"]}))
    fields = [name for name in ("owner", "next_contact_at", "result", "active") if lead[name] != before[name]]
    if fields:
        told.append(("campaigns.lead.updated", {"fields": fields}))
    for type, data in told:
        world.happen("lead", Event(type, step.at, {"campaign": CAMPAIGN, **data}))


def _save(lead: dict[str, Any], step: Saved, told: list[tuple[str, dict[str, Any]]]) -> None:
    lead["attempts"] += 1
    lead |= {"last_contacted_by": step.agent, "last_contacted_at": step.at, "status": step.status}
    lead["result"] = {**lead["result"], **step.answers}
    lead |= {"owner": None, "next_contact_at": step.callback}
    if step.callback is not None:
        lead["owner"] = step.agent if step.private else None
        told.append(("campaigns.callback.scheduled", {"at": step.callback.isoformat(), "private": step.private}))
    elif step.status == "automatic_redial":
        lead["next_contact_at"] = step.at + QUARANTINE
        if lead["attempts"] >= MAX_ATTEMPTS:
            lead |= {"status": "exhausted", "next_contact_at": None}
    told.insert(0, ("campaigns.lead.attempted", {"outcome": step.outcome, "attempts": lead["attempts"]}))
