"""A week of work, played call by call on the frozen clock by the same actions that a console uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from ringround.campaigns.actions import Handout
from ringround.config.demo.letters import Letters
from ringround.config.demo.plans import Running
from ringround.config.demo.signing import Signing
from ringround.desk import actions as desk
from ringround.dialer import actions as dialer
from ringround.infra import clock
from ringround.kernel.calendar import day_start
from ringround.kernel.errors import Conflict, Invalid
from ringround.orgs.actor import Actor

ZONE = ZoneInfo("Europe/Copenhagen")
# What becomes of a call, of a hundred: the rest is not answered.
ANSWER, MACHINE, BUSY, INVALID = 0.34, 0.16, 0.03, 0.02
_NOTES = (
    "Har travlt, vil gerne høre mere senere.",
    "Spørger om fradrag.",
    "Har lige skiftet bank.",
    "Vil tale med sin kone først.",
    "Meget glad for bladet.",
    "Synes vi ringer for tit.",
    "Ringer fra arbejde, kort samtale.",
    "Ønsker materiale pr. mail.",
)


@dataclass
class Shift:
    """One agent's day on one campaign."""

    actor: Actor
    running: Running
    at: datetime
    until: datetime
    joined: bool = False
    paused_at: datetime | None = None
    idle: int = 0


def play(
    runnings: list[Running], since: datetime, until: datetime, seed: int, settle: Callable[[], None], calls_a_day: int,
    letters: Letters, signing: Signing,
) -> int:  # fmt: skip
    """Everything the agents do from `since` to `until`; how many leads were worked. `settle` is the relay's part."""
    dice = Random(seed)
    worked = 0
    day = since.astimezone(ZONE).date()
    while day <= until.astimezone(ZONE).date():
        worked += _day(runnings, day_start(day, ZONE), until, dice, settle, calls_a_day, letters, signing)
        day += timedelta(days=1)
    return worked


def _day(
    runnings: list[Running], midnight: datetime, until: datetime, dice: Random, settle: Callable[[], None], calls: int,
    letters: Letters, signing: Signing,
) -> int:  # fmt: skip
    """One day: the agent whose moment is next acts next, so that all interleave as they would."""
    local = midnight.astimezone(ZONE)
    if local.weekday() == 6:
        return 0
    begin, length = (10, 5) if local.weekday() == 5 else (dice.choice((9, 10)), 7)
    shifts: list[Shift] = []
    for running in runnings:
        for actor in running.agents:
            if dice.random() < (0.35 if local.weekday() == 5 else 0.8):
                start = midnight + timedelta(hours=begin, minutes=dice.randint(0, 40))
                shifts.append(Shift(actor, running, start, start + timedelta(hours=length)))
    worked, since_settle = 0, 0
    while shifts:
        shift = min(shifts, key=lambda one: one.at)
        if shift.at >= min(shift.until, until):
            _leave(shift, until)
            shifts.remove(shift)
            continue
        with clock.frozen(shift.at):
            did = _act(shift, dice, length * 3600 / calls, letters)
        worked += did
        since_settle += 1
        if since_settle >= 60:
            since_settle = 0
            signing.until(shift.at)
            with clock.frozen(shift.at):
                settle()
    with clock.frozen(min(until, midnight + timedelta(hours=21))):
        letters.deliver()
    last = min(until, midnight + timedelta(hours=23, minutes=50))
    signing.until(last)
    with clock.frozen(last):
        settle()
    return worked


def _leave(shift: Shift, until: datetime) -> None:
    if shift.joined:
        with clock.frozen(min(shift.at, until)):
            dialer.presence_leave(actor=shift.actor, release=True)


def _act(shift: Shift, dice: Random, pace_s: float, letters: Letters) -> int:
    """One thing an agent does; moves the shift's own time on. 1 when a lead was worked."""
    actor = shift.actor
    if not shift.joined:
        dialer.presence_join(actor=actor, campaign_id=shift.running.campaign_id)
        shift.joined = True
    if shift.paused_at is not None:
        dialer.presence_resume(actor=actor)
        shift.paused_at = None
    elif dice.random() < 0.03:
        dialer.presence_pause(actor=actor, reason=dice.choice(("Frokost", "Pause", "Møde")))
        shift.paused_at = shift.at
        shift.at += timedelta(minutes=dice.randint(8, 30))
        return 0
    found = desk.next_lead(actor=actor)
    if not isinstance(found, Handout):
        shift.at += timedelta(minutes=dice.randint(5, 12))
        return 0
    if dice.random() < 0.02:
        try:
            desk.skip(actor=actor, reason="Kender personen privat")
        except Conflict:
            pass
        else:
            shift.at += timedelta(seconds=dice.randint(10, 40))
            return 0
    desk.call(actor=actor, lead_id=found.lead_id)
    talk = _say(shift, found, dice, letters)
    rest = dice.expovariate(1 / max(30.0, pace_s - talk))
    shift.at += timedelta(seconds=talk + rest)
    return 1


def _say(shift: Shift, found: Handout, dice: Random, letters: Letters) -> float:
    """What came of the call; seconds it took."""
    said, actor = shift.running.dispositions, shift.actor
    draw = dice.random()
    talk = min(540.0, dice.lognormvariate(4.9, 0.7))

    def save(kind: str, **more: object) -> None:
        with clock.frozen(shift.at + timedelta(seconds=talk)):
            whom: dict[str, Any] = {
                "actor": actor,
                "org_id": shift.running.merchant.owner.org_id,
                "lead_id": found.lead_id,
            }
            letters.in_hand(**whom, kind=kind)
            desk.disposition(actor=actor, lead_id=found.lead_id, disposition=str(said[kind]), **more)  # type: ignore[arg-type]
            booked = more.get("callback")
            if isinstance(booked, dict) and booked["private"]:
                letters.booked(**whom)

    note = dice.choice(_NOTES) if dice.random() < 0.25 else ""
    if draw < ANSWER:
        choice = dice.random()
        if choice < shift.running.engaged_share:
            save("engaged", answers={"amount": dice.choice((50, 75, 100, 100, 150, 200))}, note=note)
        elif choice < 0.62:
            save(
                "not_engaged",
                answers={"why_not": dice.choice(("Ikke nu", "Aldrig", "Giver til andre", "Økonomi"))},
                note=note,
            )
        elif choice < 0.88:
            _callback(save, shift, dice, note)
        else:
            save("do_not_call_back", note=note)
        return talk
    talk = dice.uniform(12, 32)
    if draw < ANSWER + MACHINE and "machine" in said:
        save("machine")
    elif draw < ANSWER + MACHINE + BUSY:
        save("no_contact", outcome="busy")
    elif draw < ANSWER + MACHINE + BUSY + INVALID and "invalid" in said:
        save("invalid")
    else:
        save("no_contact")
    return talk


def _callback(save: Callable[..., None], shift: Shift, dice: Random, note: str) -> None:
    """Half within the week, half the coming days; outside the hours the nearest time offered is taken."""
    at = shift.at + timedelta(
        hours=dice.choice((2, 3, 5, 20, 24, 26, 45, 48, 70, 96, 120)), minutes=dice.choice((0, 15, 30, 45))
    )
    at = at.replace(second=0, microsecond=0)
    wish = {"at": at, "private": dice.random() < 0.75, "note": note}
    try:
        save("callback_private", callback=wish)
    except Invalid as wrong:
        nearest = wrong.errors[0].extra.get("nearest")
        if nearest is None:
            save("do_not_call_back", note=note)
        else:
            save("callback_private", callback={**wish, "at": datetime.fromisoformat(nearest)})
