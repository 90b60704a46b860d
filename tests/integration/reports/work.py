"""An agent's day, made by the product's own actions on a frozen clock."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from ringround.campaigns.actions import Handout
from ringround.desk import actions as desk
from ringround.dialer import actions as dialer
from ringround.infra import clock
from ringround.orgs.actor import Actor
from ringround.reports import queries
from ringround.reports.queries import Report
from tests.integration.desk.scene import Scene

ALWAYS = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def wait(**time: float) -> datetime:
    return clock.advance(timedelta(**time))


def join(scene: Scene, agent: Actor) -> None:
    dialer.presence_join(actor=agent, campaign_id=scene.campaign.id)


def try_one(scene: Scene, agent: Actor, kind: str, *, talk_s: int = 60, numbers: int = 1, **more: Any) -> Handout:
    """The next contact, called (on several numbers, if told) and dispositioned."""
    found = desk.next_lead(actor=agent)
    assert isinstance(found, Handout), found
    lead = scene.lead(found.lead_id)
    for number in lead.numbers[:numbers]:
        desk.call(actor=agent, lead_id=lead.id, number=number)
        wait(seconds=talk_s)
    desk.disposition(actor=agent, lead_id=lead.id, disposition=scene.disposition(kind), **more)
    return found


def read(actor: Actor, name: str, **asked: Any) -> Report:
    return queries.report(queries.ask(actor=actor, name=name, **asked))


def play(scene: Scene, agents: list[Actor], seed: int, *, steps: int = 40) -> None:
    """Agents do this and that for a while, as the dice fall: join, leave, call, pause, and let time pass over
    midnights."""
    dice = Random(seed)
    there: dict[Any, str] = {}
    for _ in range(steps):
        agent = dice.choice(agents)
        state = there.get(agent.user_id, "out")
        wait(seconds=dice.choice((7, 45, 300, 4000)), milliseconds=dice.randrange(1000))
        if state == "out":
            join(scene, agent)
            there[agent.user_id] = "in"
        elif state == "paused":
            dialer.presence_resume(actor=agent)
            there[agent.user_id] = "in"
        elif dice.random() < 0.2:
            dialer.presence_pause(actor=agent, reason=dice.choice(("Frokost", "", "Møde")))
            there[agent.user_id] = "paused"
        elif dice.random() < 0.15:
            dialer.presence_leave(actor=agent, release=True)
            there[agent.user_id] = "out"
        else:
            found = desk.next_lead(actor=agent)
            if not isinstance(found, Handout):
                continue
            lead = scene.lead(found.lead_id)
            for number in lead.numbers[: dice.choice((0, 1, 1, 2))]:
                desk.call(actor=agent, lead_id=lead.id, number=number)
                wait(seconds=dice.randint(5, 400))
            kind = dice.choice(("engaged", "not_engaged", "no_contact", "no_contact", "invalid", "callback_private"))
            more: dict[str, Any] = {"answers": {"belob": 5}} if kind == "engaged" else {}
            if kind == "callback_private":
                more = {"callback": {"at": clock.now() + timedelta(hours=dice.randint(1, 60))}}
            desk.disposition(actor=agent, lead_id=lead.id, disposition=scene.disposition(kind), **more)
