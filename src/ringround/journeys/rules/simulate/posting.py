"""Messages in the simulation: written where there is somewhere for them to go, and sent when they may be.

As the post room does it. What it asks at the moment of sending (quiet hours, caps) is `World.may`'s to say; without it
every message goes at once.
"""

from __future__ import annotations

import heapq
from datetime import datetime
from typing import TYPE_CHECKING

from ringround.journeys.rules.run import Effect, Entry, Stop, Wake
from ringround.journeys.rules.simulate.effects import NotDone
from ringround.journeys.rules.simulate.parts import Letter, Playing
from ringround.journeys.rules.simulate.placing import contact_of
from ringround.journeys.rules.values import plain

if TYPE_CHECKING:
    from ringround.journeys.rules.simulate.world import World

# Why a message is not sent that was written: these are asked again as it goes.
_BARRED = frozenset({"suppressed", "bounced_before"})


def write(world: World, playing: Playing, effect: Effect) -> None:
    """Write the message; it goes when everything else of the moment is done. Raises NotDone."""
    facts, channel = world.leads[playing.lead], "sms" if effect.type == "send_sms" else "email"
    if facts.get("gone"):
        raise NotDone("no_address")
    if reason := facts.get("reach", {}).get(channel):
        raise NotDone(reason)
    key = playing.lead, plain(effect.data["template"])
    world.nth[key] += 1
    ends = playing.journey.graph.steps[effect.node].params.get("on_skip") == "exit"
    world.written += 1
    contact = str(contact_of(facts))
    letter = Letter(
        world.now, world.written, playing, playing.lead, contact, effect, channel, world.nth[key], ends, world.now
    )
    heapq.heappush(world.letters, letter)


def post(world: World) -> None:
    """Those messages go that may, in the order of their times; each that does not waits, or is given up."""
    while world.letters and world.letters[0].at <= world.now:
        letter = heapq.heappop(world.letters)
        at, reason = _may(world, letter)
        if at is None:
            _give_up(world, letter, reason)
        elif at > world.now:
            letter.at = at
            heapq.heappush(world.letters, letter)
        else:
            letter.went_at = at
            world.posted.append(letter)
            world.gone[letter.contact, letter.channel].append(at)
            data = {"channel": letter.channel, "template": letter.effect.data["template"], "nth": letter.nth}
            world.tell(letter.playing, "messaging.message.sent", data, letter.lead)


def _may(world: World, letter: Letter) -> tuple[datetime | None, str]:
    facts = world.leads.get(letter.lead, {})
    reach = facts.get("reach") or {}
    if (reason := reach.get(letter.channel)) in _BARRED:
        return None, str(reason)
    if world.may is None:
        return world.now, ""
    before = (reach.get("sent") or {}).get(letter.channel, ())
    sent = [*(at for at in before if at <= world.now), *world.gone[letter.contact, letter.channel]]
    return world.may(facts, letter.channel, letter.effect.data.get("quiet_hours"), sent, world.now)


def _give_up(world: World, letter: Letter, reason: str) -> None:
    """It does not go after all: its step is told of it with what happens next."""
    letter.reason = reason
    world.posted.append(letter)
    world.nth[letter.lead, plain(letter.effect.data["template"])] -= 1
    world.unsent.append(letter)


def erased(world: World, lead: str) -> None:
    """To whom nothing is left of nothing is sent."""
    theirs = [one for one in world.letters if one.lead == lead]
    if theirs:
        world.letters = [one for one in world.letters if one.lead != lead]
        heapq.heapify(world.letters)
        for letter in sorted(theirs):
            _give_up(world, letter, "erased")


def not_sent(world: World) -> list[tuple[Playing, Wake]]:
    """What did not go is told of its steps; the runs that are to end there end."""
    ends: dict[str, tuple[Playing, Wake]] = {}
    letters, world.unsent = world.unsent, []
    for letter in letters:
        playing, node = letter.playing, letter.effect.node
        line = (world.now, Entry(node, "skipped", letter.reason))
        playing.story.append(line)
        playing.afterwards.append(line)
        world.figures[playing.journey.id].add([line[1]])
        if letter.ends:
            ends.setdefault(playing.run.id, (playing, Stop(letter.reason, how="skipped")))
    return sorted(ends.values(), key=lambda one: one[0].no)
