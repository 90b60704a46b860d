"""Journeys over the whole vocabulary and what happens to their leads, by seeded dice; closer to what people write than
`documents`, so that most of them do something. Each refers to what is there by the names in `names`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from random import Random
from typing import Any

from ringround.journeys.rules.catalogue import NODES, TRIGGERS, Param, outs_of

SESSIONS = ("New", "Processing", "Complete", "Complete", "Rejected", "Failed", "Expired")
AGREEMENTS = ("subscription.activated", "subscription.held", "subscription.ended", "charge.charged", "charge.failed")
STATUSES = ("new", "automatic_redial", "common_redial", "success", "not_interested", "unqualified")
# What begins a journey, with what of it is asked.
BEGUN_BY = (
    *("status_changed", "call_ended", "by_hand") * 3, *("callback_scheduled", "field_changed", "attempts_reached") * 2,
    "lead_created", "added_to_campaign", "lead_saved", "lead_expired", "lead_deactivated", "message_sent",
    "message_delivered", "message_opened", "message_clicked", "message_bounced", "message_failed", "sms_received",
    "journey_finished", "event_emitted", "session_changed", "agreement_changed",
)  # fmt: skip
AWAITED = (
    "status_changed", "call_ended", "callback_scheduled", "message_sent", "message_opened", "message_clicked",
    "sms_received", "field_changed", "event_emitted", "journey_finished", "lead_created", "session_changed",
    "agreement_changed",
)  # fmt: skip
# What is told of people who are signed up, and of what becomes of their agreements.
SIGNING = ("session_changed", "agreement_changed")
COUNTED = ("call_ended", "status_changed", "message_opened", "message_sent", *SIGNING)
# What an address answers is in its name: so many times this, then well. Slow ones answer when they are told to.
SLOW = ("ok/slow", "503/1/slow", "404/9/slow")
URLS = ("ok", "503/1", "503/2", "503/9", "429/1", "timeout/2", "404/9", "302/9", "private_target/9", *SLOW)
# What a seed is about: its journeys begin with one of these steps and have more of them.
THEMES: dict[str, tuple[str, ...]] = {
    "addresses": ("call_url",),
    "post": ("send_sms", "send_email"),
    "calls": (
        "reset", "deactivate", "close", "set_status", "next_contact", "assign", "snooze", "move_to_campaign",
    ),
    "versions": ("wait", "wait_event", "wait_until", "wait_date", "call_url", "call_url", "call_url"),
    "holds": ("wait", "wait_event", "wait_until", "call_url", "call_url", "call_url"),
    "signing": ("wait_event", "wait_event", "wait_event", "gate", "branch", "reset", "close", "next_contact"),
}  # fmt: skip
_UNITS = (("minutes", 90), ("hours", 30), ("days", 9), ("weeks", 3), ("months", 1))
_MOMENTS = ("lead.next_contact_at", "lead.created_at", "lead.last_contacted_at", "lead.snoozed_until")
_CHANGING = ("lead.owner", "lead.active", "lead.priority", "lead.next_contact_at", "lead.result.why",
             "contact.fields.city")  # fmt: skip
QUIET = (None, {"from": "18:00", "to": "09:00"}, {"from": "21:00", "to": "08:00"}, {"from": "09:30", "to": "15:00"})
_NOW, _SOON, _LATER = timedelta(seconds=1), timedelta(minutes=40), timedelta(hours=26)
Happening = tuple[timedelta, str, int, dict[str, Any]]


def answer_of(url: str, times: int) -> str:
    """What is wrong with the answer of such an address when it is called so many times; empty for nothing."""
    code, most = [*url.removeprefix("https://example.org/").removesuffix("/slow").split("/"), "0"][:2]
    return code if times <= int(most) else ""


def is_slow(url: str) -> bool:
    return url.endswith("/slow")


class Chance:
    """Dice, and what they may name."""

    def __init__(self, dice: Random, names: Mapping[str, str], journeys: int, theme: str) -> None:
        self.dice, self.names, self.journeys = dice, names, journeys
        self.theme, self.nodes = theme, THEMES[theme]
        self.counts = True

    def post(self) -> dict[str, Any]:
        """What the organisation asks of its messages."""
        dice, often = self.dice, 0.9 if self.theme == "post" else 0.6
        caps = [{"channel": channel, "most": dice.choice([1, 1, 2]), "days": dice.randint(1, 4)}
                for channel in ("sms", "email") if dice.random() < often]  # fmt: skip
        return {"quiet": dice.choice(QUIET), "caps": caps, "over_cap": dice.choice(["skip", "wait"])}

    # --- documents ------------------------------------------------------------------------------

    def document(self, no: int) -> dict[str, Any]:
        dice = self.dice
        ids = [f"n{i}" for i in range(dice.randint(1, 7))]
        signing = self.theme == "signing" and no < len(SIGNING)
        trigger = TRIGGERS[SIGNING[no] if signing else dice.choice(BEGUN_BY)]
        loops = dice.random() < 0.25
        settings: dict[str, Any] = {"reentry": dice.choice(["once", "after_exit", "always", "always", "cool_down"])}
        settings["key"] = dice.choice(["lead", "lead", "lead", "contact"])
        if settings["reentry"] == "cool_down":
            settings["cool_down"] = self.duration()
        if dice.random() < 0.2:
            settings["max_runs"] = dice.randint(1, 3)
        if dice.random() < 0.25:
            settings["exit_when"] = self.condition()
        if dice.random() < 0.1:
            settings["goal"] = self.condition()
        if dice.random() < 0.2:
            settings["max_age"] = self.duration()
        if dice.random() < 0.3:
            settings["quiet_hours"] = dice.choice(QUIET)
        if dice.random() < 0.7:
            settings["zone"] = dice.choice(["Europe/Copenhagen", "America/New_York"])
        scope = [self.names["here"], *([self.names["there"]] if dice.random() < 0.4 else [])]
        nodes = [self.node(id, ids if loops else ids[at + 1 :]) for at, id in enumerate(ids)]
        entry = self.condition() if dice.random() < 0.1 else None
        if (made := self._first(no)) is not None:
            # One that everybody comes into who is begun, and is about the seed's theme at once.
            settings, entry = {"key": "lead", "reentry": "always"}, None
            trigger = trigger if signing else TRIGGERS["by_hand"]
            outs = outs_of(made["type"], made["params"])
            nodes[0] = {"id": "n0", **made, "next": dict.fromkeys(outs, ids[-1]) if len(ids) > 1 else {}}
        return {
            "name": f"J{no}",
            "scope": {"campaigns": scope},
            "trigger": {"type": trigger.type, "params": self.params(trigger.params, 0.2)},
            "entry": entry,
            "settings": settings,
            "nodes": nodes,
            "start": "n0",
        }

    def _first(self, no: int) -> dict[str, Any] | None:
        """The first step of those journeys of a theme of which it is to be had for certain."""
        match self.theme, no:
            case "versions" | "holds", 0:
                return {"type": "call_url", "params": {"url": f"https://example.org/{self.dice.choice(SLOW)}"}}
            case "holds", 1:
                # An hour that is over before what is held in the meantime goes on.
                return {"type": "wait", "params": {"duration": {"n": 1, "unit": "hours"}}}
            case "post", 0:
                return {"type": "send_sms", "params": {"template": self.names["sms"]}}
            case "calls", 0:
                return {"type": self.dice.choice(["reset", "deactivate"]), "params": {}}
            case "signing", 0 | 1:
                # What the other one begins with.
                waits = self.params(NODES["wait_event"].params) | {"event": {"type": SIGNING[1 - no], "params": {}}}
                return {"type": "wait_event", "params": waits}
        return None

    def next_version(self, no: int, old: Mapping[str, Any]) -> dict[str, Any]:
        """The same journey anew: some of its steps as they were, some otherwise, some gone. It counts nothing new: of
        before somebody asked nothing was kept."""
        self.counts = False
        made = self.document(no)
        self.counts = True
        known = {one["id"]: one for one in old["nodes"]}
        there = {one["id"] for one in made["nodes"]}
        for at, one in enumerate(made["nodes"]):
            if (before := known.get(one["id"])) is not None and self.dice.random() < 0.6:
                going = {out: to for out, to in before["next"].items() if to in there}
                made["nodes"][at] = {**before, "next": going}
        # Whoever it is one run for is that for all versions here.
        made["settings"]["key"] = (old.get("settings") or {}).get("key") or "lead"
        made["settings"]["edit_policy"] = self.dice.choice(["pin", "migrate", "migrate"])
        return made

    def targets(self, before: Sequence[str], after: Sequence[str]) -> dict[str, str]:
        """Where those go on whose step is gone; some end, and some that might have stayed are sent elsewhere."""
        return {
            one: self.dice.choice(after)
            for one in before
            if self.dice.random() < (0.3 if one in after else 0.5)
        }  # fmt: skip

    def node(self, id: str, onward: list[str]) -> dict[str, Any]:
        group = self.dice.choice(["action", "action", "action", "wait", "wait", "control"])
        kind = self.dice.choice([one for one in NODES.values() if one.group == group])
        if self.dice.random() < (0.8 if id == "n0" else 0.3):
            kind = NODES[self.dice.choice(self.nodes)]
        params = self.params(kind.params)
        if kind.type == "set_field":
            params |= {"source": "value", "value": self.dice.choice(["Odense", "Aarhus", "Ikke nu"])}
            params.pop("from", None)
        going = {}
        for out in outs_of(kind.type, params):
            if onward and self.dice.random() < 0.85:
                going[out] = self.dice.choice(onward[:2] if len(onward) > 1 else onward)
        return {"id": id, "type": kind.type, "params": params, "next": going}

    def params(self, specs: tuple[Param, ...], often: float = 0.5) -> dict[str, Any]:
        return {
            one.name: self.value(one)
            for one in specs
            if one.required or one.shown_if is not None or self.dice.random() < often
        }

    def value(self, param: Param) -> Any:
        dice = self.dice
        options = [one.value for one in param.options]
        match param.type:
            case "duration":
                return self.duration()
            case "condition":
                return self.condition()
            case "int":
                least = param.least or 0
                return dice.randint(least, min(param.most if param.most is not None else least + 3, least + 3))
            case "int_or_max":
                return dice.choice(["max", 1, 2, 3])
            case "bool":
                return dice.random() < 0.5
            case "choice":
                return dice.choice(options)
            case "choices":
                return dice.sample(options, dice.randint(1, min(4, len(options))))
            case "ints":
                return [dice.randint(1, 31)]
            case "path":
                return self.path(param.of)
            case "paths":
                return dice.sample(_CHANGING, dice.randint(1, 3))
            case "event":
                signing = self.theme == "signing" and dice.random() < 0.6
                kind = TRIGGERS[dice.choice(SIGNING if signing else AWAITED)]
                return {"type": kind.type, "params": self.params(kind.params, 0.25)}
            case "cases":
                return [{"out": f"c{n}", "when": self.condition()} for n in range(dice.randint(1, 3))]
            case "weights":
                # One way takes all: a live run's chance is its id's, which is another each time.
                ways = dice.randint(1, 3)
                way = dice.randrange(ways)
                return [{"out": f"p{n}", "weight": int(n == way)} for n in range(ways)]
            case "campaign":
                return self.names[dice.choice(["here", "there", "there"])]
            case "campaign_map":
                return {self.names["user"]: self.names["there"], "new": self.names["there"], "0": self.names["here"]}
            case "user":
                return self.names[dice.choice(["user", "other"])]
            case "template":
                return self.names[param.of or dice.choice(["sms", "email"])]
            case "url":
                patient = self.theme in ("versions", "holds") and dice.random() < 0.8
                return f"https://example.org/{dice.choice(SLOW if patient else URLS)}"
            case "journey":
                return self.names[f"journey{dice.randrange(self.journeys)}"]
            case _:
                return _FIXED[param.type]

    def path(self, of: str) -> str:
        match of:
            case "moment":
                return self.dice.choice(_MOMENTS)
            case "settable":
                return self.dice.choice(["lead.result.why", "contact.fields.city"])
        return self.dice.choice(["lead.status", "lead.attempts", "lead.last_contacted_by", "contact.fields.city"])

    def duration(self) -> dict[str, Any]:
        unit, most = self.dice.choice(_UNITS)
        return {"n": self.dice.randint(1, most), "unit": unit}

    # --- conditions -----------------------------------------------------------------------------

    def condition(self, deep: int = 0) -> dict[str, Any]:
        dice = self.dice
        if deep < 2 and dice.random() < 0.25:
            parts = [self.condition(deep + 1) for _ in range(dice.randint(1, 2))]
            return dice.choice([{"all": parts}, {"any": parts}, {"not": parts[0]}])
        if self.counts and dice.random() < 0.2:
            signing = self.theme == "signing" and dice.random() < 0.6
            event = dice.choice(SIGNING if signing else COUNTED)
            count = {"event": event, "within": self.duration()}
            return {"count": count, "op": dice.choice(["eq", "lt", "ge", "gt"]), "value": dice.randint(0, 2)}
        return dice.choice([self._status, self._number, self._moment, self._value])()

    def _status(self) -> dict[str, Any]:
        if self.dice.random() < 0.3:
            return {"path": "lead.open", "op": "eq", "value": self.dice.random() < 0.7}
        op = self.dice.choice(["eq", "ne", "in", "nin"])
        value: Any = self.dice.sample(STATUSES, 3) if op in ("in", "nin") else self.dice.choice(STATUSES)
        return {"path": "lead.status", "op": op, "value": value}

    def _number(self) -> dict[str, Any]:
        path = self.dice.choice(["lead.attempts", "lead.priority"])
        most = 3 if path == "lead.attempts" else 70
        return {"path": path, "op": self.dice.choice(["lt", "ge", "eq"]), "value": self.dice.randint(0, most)}

    def _moment(self) -> dict[str, Any]:
        path = self.dice.choice(_MOMENTS)
        if self.dice.random() < 0.3:
            return {"path": path, "op": "exists", "value": self.dice.random() < 0.7}
        return {"path": path, "op": self.dice.choice(["within", "older_than"]), "value": self.duration()}

    def _value(self) -> dict[str, Any]:
        found: list[tuple[str, Any]] = [
            ("lead.active", True), ("lead.urgent", True), ("lead.owner", self.names["user"]),
            ("lead.assigned_to", self.names["user"]), ("contact.fields.city", "Odense"), ("lead.result.why", "Aarhus"),
            ("campaign.id", self.names["here"]), ("event.data.to", "success"), ("event.text", "ja"),
            ("event.type", "campaigns.lead.attempted"),
        ]  # fmt: skip
        told: list[tuple[str, Any]] = [
            ("event.data.status", "Complete"), ("event.data.late", True), ("event.data.attempt", 1),
            ("event.type", "onboarding.subscription.ended"),
        ]  # fmt: skip
        path, value = self.dice.choice(told if self.theme == "signing" and self.dice.random() < 0.4 else found + told)
        return {"path": path, "op": self.dice.choice(["eq", "eq", "ne"]), "value": value}

    # --- what happens ---------------------------------------------------------------------------

    def script(self) -> list[Happening]:
        """What happens, in its order: much by chance, and scenes of what the seed is about."""
        found: list[Happening] = []
        for _ in range(self.dice.randint(2, 4)):
            found += [self.happening() for _ in range(self.dice.randint(0, 3))]
            found += self.scene()
        return found

    def scene(self) -> list[Happening]:
        dice, lead = self.dice, self.dice.randrange(2)
        sure = {"holds": [0, 0, 1], "versions": [0, 0], "post": [0, 0, 0], "calls": [0, 0]}.get(self.theme, [])
        here = {"journey": dice.choice([*range(self.journeys), *sure])}
        begun: Happening = (_NOW, "by_hand", lead, here)
        another: Happening = (_NOW, "by_hand", dice.randrange(2), {"journey": dice.randrange(self.journeys)})
        anew: Happening = (_SOON, "published", 0, {**here, "seed": dice.random()})
        match self.theme:
            case "addresses":
                return [begun, another, (dice.choice([_NOW, _SOON]), "answers", 0, {})]
            case "post":
                return [begun, another, dice.choice([begun, begun, (_SOON, "message", lead, {"act": "bounce"})])]
            case "calls":
                after = dice.choice([_NOW, _SOON])
                ends: list[Happening] = [(after, "let_go", 0, {})]
                ends += [(after, "said", 0, {"kind": kind, "days": 2, "of_call": True}) for kind in _SAID]
                return [(_NOW, "called", lead, {}), begun, another, *dice.choice([[], [dice.choice(ends)]])]
            case "versions":
                over: Happening = (_NOW, "taken_over", 0, {**here, "seed": dice.random()})
                return [begun, another, anew, *dice.choice([[], [over], [(_NOW, "answers", 0, {})]])]
            case "signing":
                signs: Happening = (_NOW, "session", lead, self.session("New"))
                signed: Happening = (_SOON, "session", lead, self.session(dice.choice(SESSIONS[1:])))
                before: Happening = (_NOW, "agreement", lead, self.agreement())
                told: Happening = (dice.choice([_SOON, _LATER]), "agreement", lead, self.agreement())
                return [before, signs, signed, told]
            case _:
                held: Happening = (_SOON, "paused", 0, here)
                answers: Happening = (_LATER, "answers", 0, {})
                during = dice.choice([[], [answers], [answers], [anew, answers], [(_LATER, *begun[1:])]])
                return [begun, another, held, *during, (dice.choice([_SOON, _LATER]), "resumed", 0, here)]

    def session(self, status: str) -> dict[str, Any]:
        return {"status": status, "late": self.dice.random() < 0.3}

    def agreement(self) -> dict[str, Any]:
        return {"what": self.dice.choice(AGREEMENTS), "attempt": self.dice.randint(1, 2)}

    def happening(self) -> Happening:
        """How long after the one before, what, to which lead, and how."""
        dice = self.dice
        after = dice.choice([_NOW, _SOON, timedelta(hours=2), timedelta(hours=11), _LATER, timedelta(days=4)])
        what = dice.choice(_HAPPENS)
        how: dict[str, Any] = {}
        match what:
            case "status":
                how = {"status": dice.choice(STATUSES)}
            case "said":
                how = {"kind": dice.choice(_SAID), "days": dice.randint(1, 6), "private": dice.random() < 0.5}
            case "moved":
                how = {"days": dice.randint(1, 6)}
            case "message":
                how = {"act": dice.choice(_ACTS), "text": dice.choice(["JA", "Nej tak"])}
            case "change":
                how = dict(dice.choice(_CHANGES))
            case "column":
                how = {"value": dice.choice(["Aarhus", "Odense", ""])}
            case "session":
                how = self.session(dice.choice(SESSIONS))
            case "agreement":
                how = self.agreement()
            case "by_hand" | "paused" | "resumed":
                how = {"journey": dice.randrange(self.journeys)}
            case "published" | "taken_over":
                how = {"journey": dice.randrange(self.journeys), "seed": dice.random()}
        return after, what, dice.randrange(4), how


_FIXED: dict[str, Any] = {
    "text": "x", "long_text": "x", "time": "10:00", "moment": "2026-03-20T10:00:00+01:00", "name": "told",
    "zone": "Europe/Copenhagen", "texts": ["JA"], "value": "Odense",
}  # fmt: skip
# The usual more often than the rare.
_HAPPENS = (
    *("by_hand",) * 7, *("status",) * 4, *("said",) * 5, *("message",) * 4, "moved", "cancelled", "change", "change",
    "column", "reset", "turned", "turned", "down", "erased", "called", "let_go", "paused", "resumed", "published",
    "answers", "session", "session", "agreement",
)  # fmt: skip
_SAID = ("engaged", "not_engaged", "no_contact", "no_contact", "callback_private", "callback_private",
         "do_not_call_back")  # fmt: skip
_ACTS = ("deliver", "open", "open", "machine_open", "click", "bounce", "fail", "reply")
_CHANGES: tuple[dict[str, Any], ...] = (
    {"active": False}, {"active": True}, {"urgent": True}, {"priority": 70}, {"assigned_to": True},
    {"next_contact_at": timedelta(hours=3)}, {"snoozed_until": timedelta(days=2)}, {"next_contact_at": None},
)  # fmt: skip
