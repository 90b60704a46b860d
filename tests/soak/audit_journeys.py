"""What must hold of journeys and messages when the soak has come to rest (`audit.py` calls it), against what came to
the neighbours (`conductor.told`).

1. No run is under way: none stuck, none parked; each began and ended once, and whoever was to enter did, once.
2. What a step did is there once for each time that the log says it did it: lines on the lead, messages, calls.
3. Nothing was early: from coming to a wait to its end by time it lasted as long as it says.
4. The figures are those that the log gives.
5. A message that was sent was handed over once. Only where nobody could know (`doubts`: the worker or the database died
   between handing over and noting, or the provider hung up on it) it may have been once more; never thrice.
6. What people wrote is there once, and so is each opening.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

Read = Callable[..., list[tuple[Any, ...]]]
# What is seen of a step on its lead's timeline.
_LINES = {"reset": "journey_reset", "fast_forward": "journey_fast_forward"}
_UNITS = {"seconds": 1, "minutes": 60}
# Lines of the log from here on tell what became of a step after its run had gone on.
_LATE = 1_000_000


def faults(read: Read, told: dict[str, Any]) -> Iterator[str]:
    nodes = {
        (version, node["id"]): (name, node)
        for version, name, document in read(
            "SELECT v.id, j.name, v.document::text FROM journeys_version v"
            " JOIN journeys_journey j ON j.id = v.journey_id"
        )
        for node in json.loads(document)["nodes"]
    }
    yield from _runs(read, told)
    yield from _effects(read, nodes)
    yield from _waits(read, nodes)
    yield from _figures(read)
    yield from _messages(read, told)
    yield from _inbound(read, told)


def _none(rows: list[tuple[Any, ...]], fault: str) -> Iterator[str]:
    if rows:
        yield f"{fault}: {len(rows)}, {[tuple(map(str, row)) for row in rows[:3]]}"


def _runs(read: Read, told: dict[str, Any]) -> Iterator[str]:
    from ringround.journeys.queries.runs import runs_stuck

    yield from _none([tuple(one.values()) for one in runs_stuck()], "runs that are stuck")
    yield from _none(read("SELECT id, node, state, data::text FROM journeys_run"), "runs under way at the end")
    yield from _none(read("SELECT run_id FROM journeys_held_timer"), "timers held though nothing is paused")
    yield from _none(read("SELECT id, kind FROM journeys_intake"), "answers that nobody took in")
    yield from _none(
        read(
            "SELECT coalesce(e.subject_id, r.id), e.started, e.ended FROM journeys_run_end r FULL JOIN ("
            " SELECT subject_id, count(*) FILTER (WHERE type = 'journeys.run.started') AS started,"
            " count(*) FILTER (WHERE type = 'journeys.run.finished') AS ended"
            " FROM infra_event WHERE subject_type = 'run' GROUP BY 1) e ON e.subject_id = r.id"
            " WHERE r.id IS NULL OR e.started IS DISTINCT FROM 1 OR e.ended IS DISTINCT FROM 1"
        ),
        "runs that did not begin once and end once",
    )
    # Those that may always enter.
    for name, kind in (("welcome", "created"), ("race", "status_changed")):
        rows = read(
            "SELECT l.id, e.n, r.n FROM campaigns_lead l LEFT JOIN (SELECT subject_id, count(*) AS n FROM infra_event"
            " WHERE type = %s GROUP BY 1) e ON e.subject_id = l.id LEFT JOIN (SELECT lead_id, count(*) AS n"
            " FROM journeys_run_end r JOIN journeys_journey j ON j.id = r.journey_id WHERE j.name = %s GROUP BY 1) r"
            " ON r.lead_id = l.id WHERE l.campaign_id = ANY(%s) AND e.n IS DISTINCT FROM r.n",
            f"campaigns.lead.{kind}", name, [UUID(one) for one in told["campaigns"]],
        )  # fmt: skip
        yield from _none(rows, f"leads that did not enter {name} once for each time (lead, events, runs)")
    # How often the others are entered depends on how much the agents came to: at least once each.
    played = {name for (name,) in read(
        "SELECT DISTINCT j.name FROM journeys_run_end r JOIN journeys_journey j ON j.id = r.journey_id"
    )}  # fmt: skip
    if idle := [name for name in told["journeys"] if name not in played]:
        yield f"nobody went through these journeys, and nothing is shown of them: {idle}"


def _effects(read: Read, nodes: dict[tuple[int, str], Any]) -> Iterator[str]:
    due: Counter[tuple[UUID, str]] = Counter()
    written: Counter[tuple[UUID, str]] = Counter()
    for run, version, node, out, outcome, reason in read(
        "SELECT run_id, version_id, node, out, outcome, reason FROM journeys_log WHERE n < %s AND node <> ''", _LATE
    ):
        _name, found = nodes[version, node]
        kind = found["type"]
        if kind in ("send_sms", "send_email") and reason != "lead_gone":
            written[run, node] += 1
        elif (kind == "note" or kind in _LINES) and out and not outcome:
            due[run, _LINES.get(kind) or found["params"]["text"]] += 1
    there = Counter(
        (run, key or text)
        for run, key, text in read(
            "SELECT ref_id, key, text FROM campaigns_timeline WHERE ref_type = 'journey_run' AND kind <> 'message'"
        )
    )
    yield from _same("what steps did to leads, by the log and on their timelines", due, there)
    messages: Counter[tuple[UUID, str]] = Counter()
    for (key,) in read("SELECT key FROM messaging_message WHERE direction = 'out'"):
        run, _, rest = key.partition(":")
        messages[UUID(run), rest.rpartition(":")[0]] += 1
    yield from _same("what steps sent, by the log and among the messages", written, messages)


def _same(what: str, due: Counter[Any], there: Counter[Any]) -> Iterator[str]:
    if due != there:
        yield f"{what}: missing {list((due - there).items())[:3]}, too many {list((there - due).items())[:3]}"


def _waits(read: Read, nodes: dict[tuple[int, str], Any]) -> Iterator[str]:
    """Between two lines of a log nothing but the waiting takes time."""
    entered: dict[UUID, datetime] = dict(read("SELECT id, entered_at FROM journeys_run_end"))
    came: dict[UUID, datetime] = {}
    early, looked = list[Any](), 0
    for run, version, node, out, at in read(
        "SELECT run_id, version_id, node, out, at FROM journeys_log WHERE n < %s ORDER BY run_id, n", _LATE
    ):
        since = came.get(run) or entered.get(run, at)
        came[run] = at
        params = nodes[version, node][1]["params"] if node else {}
        lasts = params.get("duration") or params.get("timeout")
        if lasts and out in ("next", "timeout"):
            looked += 1
            if at < since + timedelta(seconds=lasts["n"] * _UNITS[lasts["unit"]]):
                early.append((run, node, since, at))
    yield from _none(early, "waits that were over too early")
    if not looked:
        yield "no wait was over by time: nothing is shown of them"


def _figures(read: Read) -> Iterator[str]:
    from ringround.journeys import queries
    from ringround.journeys.queries.runs import stats_rebuilt
    from ringround.orgs import queries as orgs

    for journey, org, name in read("SELECT id, organisation_id, name FROM journeys_journey"):
        kept = queries.stats(actor=orgs.system_actor(organisation_id=org), journey_id=journey)
        made = stats_rebuilt(journey_id=journey).to_json()
        # Of who was not let in no line is written.
        other = {key: (kept[key], value) for key, value in made.items() if key != "refused" and kept[key] != value}
        if other:
            yield f"the figures of {name} are others than its log gives (kept, made): {other}"


def _messages(read: Read, told: dict[str, Any]) -> Iterator[str]:
    groups: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    mails, once = dict(told["mails"]), 0
    for id, channel, to, text, status, reason, doubts in read(
        "SELECT id, channel, \"to\", text, status, reason, doubts FROM messaging_message WHERE direction = 'out'"
    ):
        if status == "queued":
            yield f"message {id} is still to be sent"
        sent = status in ("sent", "delivered")
        least, most = int(sent), min(2, sent + doubts)
        once += sent and not doubts
        if channel == "sms":
            group = groups[to, text]
            group[0] += least
            group[1] += most
        else:
            count = mails.pop(id.hex, 0)
            if not least <= count <= most:
                yield f"mail {id} ({status} {reason}, {doubts} doubts) was handed over {count} times"
    if mails:
        yield f"mails of nobody's: {list(mails)[:3]}"
    for to, text, count in told["sms"]:
        least, most = groups.pop((to, text), [0, 0])
        if not least <= count <= most:
            yield f"SMS to {to}, {text!r}: handed over {count} times, not {least} to {most}"
    lost = [facts for facts, (least, _most) in groups.items() if least]
    if lost:
        yield f"SMS that are sent and never came: {lost[:3]}"
    if not once:
        yield "no message was sent without a doubt: nothing is shown of them"
    ids = read("SELECT provider_id FROM messaging_message WHERE direction = 'out' AND channel = 'sms'")
    named = [one for (one,) in ids if one]
    if len(named) != len(set(named)) or not set(named) <= set(told["sms_ids"]):
        yield "the SMSC's ids stand at other messages than it gave them to"
    states = {key for (key,) in read("SELECT key FROM journeys_outbox WHERE state IN ('done', 'failed')")}
    if states != set(told["called"]):
        yield f"calls by journeys and calls that came: {sorted(states ^ set(told['called']))[:3]}"


def _inbound(read: Read, told: dict[str, Any]) -> Iterator[str]:
    there: Counter[tuple[str, str]] = Counter(
        (to, text) for to, text in read("SELECT \"to\", text FROM messaging_message WHERE direction = 'in'")
    )
    for number, text, hours in told["written"]:
        count = there.pop((number, text), 0)
        if not 1 <= count <= hours:
            yield f"{text!r} from {number} is there {count} times"
    if there:
        yield f"messages that nobody wrote: {list(there)[:3]}"
    yield from _none(
        read(
            "SELECT m.id, m.opened_at, e.n FROM messaging_message m LEFT JOIN (SELECT subject_id, count(*) AS n"
            " FROM infra_event WHERE type = 'messaging.message.opened' AND data->>'machine' = 'false' GROUP BY 1) e"
            " ON e.subject_id = m.id WHERE coalesce(e.n, 0) <> (m.opened_at IS NOT NULL)::int"
        ),
        "messages whose opening was not told once",
    )
