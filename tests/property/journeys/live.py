"""Journeys, leads and a script on the live engine, in its own rounds and on virtual time.

What people and machines do (`Given`) happens on the real thing. What it told, and what of the leads it changed, is
kept: that is all that the simulation is given (`simulated.py`), and what each did can then be compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from django.db import transaction

from ringround.campaigns import actions as campaigns
from ringround.campaigns import queries as leads
from ringround.campaigns.models import Campaign, Lead
from ringround.config.wiring import make_relay
from ringround.contacts import actions as contacts
from ringround.contacts.models import Contact
from ringround.infra import clock, sql
from ringround.infra.models import Event as LogRow
from ringround.journeys import actions
from ringround.journeys.courier import JourneyCourier
from ringround.journeys.courier import Outcome as Answer
from ringround.journeys.engine.heard import told
from ringround.journeys.engine.loop import Engine
from ringround.journeys.models import Journey, Log, Run, RunEnd, Timer, Version
from ringround.journeys.rules.lint import check
from ringround.journeys.rules.values import Event
from ringround.journeys.ticks import idle
from ringround.kernel.errors import RingroundError
from ringround.kernel.ids import new_id
from ringround.messaging import actions as messaging
from ringround.messaging.courier import MessageCourier
from ringround.messaging.models import Message
from tests.integration.campaigns.rig import MONDAY, Rig, rig
from tests.integration.journeys.stage import tell_agreement, tell_session
from tests.property.journeys.chance import Chance, answer_of, is_slow

HOURS = {day: [["08:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
FORM = [{"key": "why", "label": "Hvorfor", "type": "text"}]
# What is compared of a lead.
LEAD = (
    "status", "open", "active", "attempts", "priority", "urgent", "assigned_to", "owner", "next_contact_at",
    "snoozed_until", "result", "engaged", "last_contacted_at", "last_contacted_by", "expires_at", "in_call",
)  # fmt: skip
Key = tuple[str, str]  # of a lead in both worlds: its contact and its campaign


@dataclass(frozen=True)
class Given:
    """Something happens: `what` to the lead of this number, so long after the thing before."""

    after: timedelta
    what: str
    lead: int = 0
    how: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Input:
    """What the simulation is given: what was told to whom, and how their facts are different by it."""

    at: datetime
    events: Sequence[tuple[Key, Event]] = ()
    changes: Mapping[Key, Mapping[str, Any]] = field(default_factory=dict)
    hand: tuple[Key, str] | None = None
    down: bool = False
    # What a manager did to which journey: (what, journey, document, targets).
    managed: tuple[str, str, Mapping[str, Any], Mapping[str, str]] | None = None
    answers: bool = False


@dataclass
class Ground:
    """Two campaigns of one merchant, with contacts that messages reach and one that none does."""

    rig: Rig
    here: Campaign
    there: Campaign
    templates: Mapping[str, UUID]


def ground() -> Ground:
    made = rig()
    settings = {"max_attempts": 3, "max_attempts_per_number": 50}
    here = made.campaign(hours=HOURS, settings={**settings, "expiry_days": 5})
    there = made.campaign(hours=HOURS, settings=settings)
    for one in (here, there):
        campaigns.form_put(actor=made.staff.manager, campaign_id=one.id, form=FORM)
    templates = {}
    for channel in ("sms", "email"):
        actor = made.staff.owner
        sender = "Hj <hej@example.org>" if channel == "email" else "Charity"
        messaging.transport_create(actor=actor, name=channel, kind="sandbox", channel=channel, sender=sender)
        texts = {"da": {"text": "Hej", **({"subject": "Hej"} if channel == "email" else {})}}
        templates[channel] = messaging.template_create(
            actor=actor, name=channel, channel=channel, language="da", texts=texts
        ).id
    return Ground(made, here, there, templates)


@contextmanager
def undone() -> Iterator[None]:
    """Nothing of it stays."""

    class Undo(Exception):
        pass

    try:
        with transaction.atomic():
            yield
            raise Undo
    except Undo:
        pass


class Live:
    """The real thing, and what is written down of it for the simulation."""

    def __init__(self, ground: Ground) -> None:
        self.ground, self.rig = ground, ground.rig
        self.engine, self.relay, self.post = Engine(), make_relay(), MessageCourier()
        self.out = JourneyCourier()
        # The requests to addresses, and those that are not answered yet.
        self.called: list[tuple[Any, ...]] = []
        self.slow: list[tuple[dict[str, Any], Answer]] = []
        self.journeys: list[Journey] = []
        self.inputs: list[Input] = []
        self.first: dict[UUID, dict[str, Any]] = {}
        # The facts as they were before each input, told in both worlds' words.
        self.seen: list[dict[Key, dict[str, Any]]] = []
        self.seq = 0

    # --- making ---------------------------------------------------------------------------------

    def begin(self, dice: Random, theme: str, most: int = 5) -> Chance:
        """Some journeys by chance, published, and what the organisation asks of its messages."""
        manager = self.rig.staff.manager
        empty = {"name": "x", "scope": {"campaigns": [str(self.ground.here.id)]}, "nodes": [], "start": None,
                 "trigger": {"type": "by_hand", "params": {}}, "settings": {}}  # fmt: skip
        count = dice.randint(2, most)
        self.journeys = [actions.journey_create(actor=manager, name=f"J{n}", document=empty) for n in range(count)]
        names = {
            "here": str(self.ground.here.id), "there": str(self.ground.there.id),
            "user": str(self.rig.staff.senior.user_id), "other": str(self.rig.staff.junior.user_id),
            **{channel: str(id) for channel, id in self.ground.templates.items()},
            **{f"journey{n}": str(one.id) for n, one in enumerate(self.journeys)},
        }  # fmt: skip
        chance = Chance(dice, names, count, theme)
        if theme == "post" or dice.random() < 0.3:
            messaging.message_settings_change(actor=self.rig.staff.owner, **chance.post())
        self.chance = chance
        for n, journey in enumerate(self.journeys):
            while check(document := chance.document(n)).errors:
                pass
            actions.draft_save(actor=manager, journey_id=journey.id, document=document)
            actions.journey_publish(actor=manager, journey_id=journey.id)
            journey.refresh_from_db()
        return chance

    def lead(self, email: bool, mobile: bool, **facts: Any) -> UUID:
        fields = {"name": "P", "mobile": self.mobile(), "home": ""} if mobile else {"name": "P", "home": "+4533121212"}
        one = contacts.contact_create(
            actor=self.rig.staff.manager, list_id=self.rig.lists[self.ground.here.id].id, fields=fields
        ).id
        if email:
            Contact.objects.filter(id=one).update(email=f"{one.hex}@example.org")
        return self.rig.lead(self.ground.here, contact=one, **facts)

    @staticmethod
    def mobile() -> str:
        return f"+45281{Contact.objects.count():05d}"

    def start(self) -> None:
        """From here on it counts."""
        self.settle()
        self.seq = self.head()
        ids = list(
            Lead.objects.filter(campaign__in=[self.ground.here.id, self.ground.there.id]).values_list("id", flat=True)
        )
        self.first = self.facts(ids)

    # --- time -----------------------------------------------------------------------------------

    def settle(self) -> None:
        """Rounds until nothing waits: what has happened is numbered and reacted to before the engine looks."""
        self.number()
        for _ in range(500):
            if idle(clock.now()) and not self.posted():
                return
            self.engine.step()
            if self.posted():
                self.courier()
            self.call()
            self.number()
        raise AssertionError("it does not come to rest")

    @staticmethod
    def posted() -> bool:
        return Message.objects.filter(status="queued", next_at__lte=clock.now()).exists()

    def number(self) -> None:
        while self.relay.step(ticks=False):
            pass

    def courier(self) -> None:
        """What its threads would do is done in place."""
        real = clock.real_now()
        if back := [(one, self.post.carry(one)) for one in self.post.claim(free=32, now=real)]:
            self.post.done(back=back, now=real)

    def call(self) -> None:
        """Addresses are called and answer, but for slow ones."""
        real, back = clock.real_now(), []
        while parcels := self.out.claim(free=32, now=real):
            for one in parcels:
                request = json.loads(one["request"])
                body = request["body"]
                node = one["key"].split(":")[1]
                self.called.append(
                    (clock.now(), body["journey"], UUID(body["lead"]), node, request["url"], request["method"],
                     body["values"])
                )  # fmt: skip
                error = answer_of(request["url"], one["claim_no"])
                status = int(error) if error.isdigit() else None if error else 200
                error = ("redirect" if status and 300 <= status < 400 else "refused") if error.isdigit() else error
                (self.slow if is_slow(request["url"]) else back).append((one, Answer(status, error)))
        self.out.done(back=back, now=real)

    def until(self, at: datetime) -> None:
        """From one due moment to the next; a call that nobody says anything of lapses."""
        while True:
            self.settle()
            due = min((one for one in self.due() if one is not None), default=None)
            if (lapse := self.lapse()) is not None and lapse <= at and (due is None or lapse < due):
                clock.advance(max(lapse - clock.now(), timedelta(0)))
                self.seen.append(self.view())
                self.inputs.append(self.happen(Given(timedelta(0), "turned")))
                continue
            if due is None or due > at:
                break
            clock.advance(max(due - clock.now(), timedelta(0)))
        clock.advance(at - clock.now())

    @staticmethod
    def due() -> tuple[datetime | None, datetime | None]:
        queued = Message.objects.filter(status="queued").order_by("next_at").values_list("next_at", flat=True)
        return Timer.objects.order_by("due").values_list("due", flat=True).first(), queued.first()

    @staticmethod
    def lapse() -> datetime | None:
        calls = Lead.objects.filter(call_id__isnull=False, reserved_until__isnull=False)
        return calls.order_by("reserved_until").values_list("reserved_until", flat=True).first()

    # --- what happens ---------------------------------------------------------------------------

    def play(self, script: Sequence[Given], after: timedelta) -> None:
        for given in script:
            at = clock.now() + given.after
            if given.what == "down":
                if self.lapse() is not None:
                    # Whose call is over meanwhile nobody would say at once.
                    continue
                clock.advance(at - clock.now())
                self.inputs.append(Input(at, down=True))
                self.seen.append({})
                self.settle()
                continue
            self.until(at)
            self.seen.append(self.view())
            self.inputs.append(self.happen(given))
            self.settle()
        self.until(clock.now() + after)
        self.settle()
        self.seen.append(self.view())

    def happen(self, given: Given) -> Input:
        rows = list(Lead.objects.filter(campaign__in=[self.ground.here.id, self.ground.there.id]).order_by("id"))
        lead = rows[given.lead % len(rows)]
        before = self.facts([one.id for one in rows])
        if given.what in ("paused", "resumed", "published", "taken_over"):
            try:
                with transaction.atomic():
                    return Input(clock.now(), managed=self.manage(given.what, **given.how))
            except RingroundError:
                return Input(clock.now())
        if given.what == "answers":
            back, self.slow = self.slow, []
            self.out.done(back=back, now=clock.real_now())
            return Input(clock.now(), answers=True)
        if given.what == "by_hand":
            journey = self.journeys[given.how["journey"] % len(self.journeys)]
            try:
                actions.runs_start(actor=self.rig.staff.manager, journey_id=journey.id, lead_ids=[lead.id])
            except RingroundError:
                return Input(clock.now())
            return Input(clock.now(), hand=(self.key(lead), str(journey.id)))
        try:
            with transaction.atomic():
                getattr(self, f"do_{given.what}")(lead, **given.how)
        except RingroundError:
            pass
        self.number()
        after = self.facts([one.id for one in rows])
        heard = [
            (self.key_of(one.lead_id), one.event)
            for one in told(self.rows(), lambda kind, org, campaign: True)
        ]  # fmt: skip
        changes = {self.key(one): difference(before[one.id], after[one.id]) for one in rows if one.id in after}
        return Input(clock.now(), heard, changes)

    def manage(
        self, what: str, journey: int, seed: float = 0.0
    ) -> tuple[str, str, Mapping[str, Any], Mapping[str, str]]:
        manager, one = self.rig.staff.manager, self.journeys[journey % len(self.journeys)]
        versions = Version.objects.filter(journey=one.id).order_by("number")
        newest, targets = versions.reverse()[0].document, {}
        before = sorted({node["id"] for version in versions for node in version.document["nodes"]})
        chance = self.chance
        chance.dice = Random(seed)
        match what:
            case "paused":
                actions.journey_pause(actor=manager, journey_id=one.id)
            case "resumed":
                actions.journey_resume(actor=manager, journey_id=one.id)
            case "published":
                while check(document := chance.next_version(journey, newest)).errors:
                    pass
                after = [node["id"] for node in document["nodes"]]
                targets = chance.targets(before, after)
                actions.draft_save(actor=manager, journey_id=one.id, document=document)
                actions.journey_publish(actor=manager, journey_id=one.id, targets=targets)
                newest = versions.reverse()[0].document
            case _:
                targets = chance.targets(before, [node["id"] for node in newest["nodes"]])
                actions.runs_migrate(actor=manager, journey_id=one.id, targets=targets)
        return what, str(one.id), newest, targets

    def do_called(self, lead: Lead) -> None:
        junior = self.rig.staff.junior
        campaigns.lead_change(actor=self.rig.staff.supervisor, lead_id=lead.id, reservation={"by": junior.user_id})
        campaigns.call_start(actor=junior, lead_id=lead.id)

    def do_let_go(self, lead: Lead) -> None:
        campaigns.leads_release_held(actor=self.rig.staff.junior)

    def do_status(self, lead: Lead, status: str) -> None:
        campaigns.lead_change(actor=self.rig.staff.supervisor, lead_id=lead.id, status=status)

    def do_change(self, lead: Lead, **changes: Any) -> None:
        now = clock.now()
        found = {name: now + value if isinstance(value, timedelta) else value for name, value in changes.items()}
        if "assigned_to" in found:
            found["assigned_to"] = self.rig.staff.senior.user_id
        campaigns.lead_change(actor=self.rig.staff.supervisor, lead_id=lead.id, **found)

    def do_reset(self, lead: Lead) -> None:
        campaigns.leads_bulk(actor=self.rig.staff.supervisor, ids=[lead.id], action="reset")

    def do_said(
        self, lead: Lead, kind: str, days: int = 1, private: bool = True, of_call: bool = False, **more: Any
    ) -> None:
        agent = self.rig.staff.senior
        called = Lead.objects.filter(call_id__isnull=False).first()
        if called is not None and (of_call or called.id == lead.id):
            lead, agent = called, self.rig.staff.junior
        else:
            campaigns.lead_change(actor=self.rig.staff.supervisor, lead_id=lead.id, reservation={"by": agent.user_id})
        if kind == "callback_private":
            more["callback"] = {"at": self.noon(days), "private": private}
        self.rig.say(agent, lead.id, kind, **more)

    def do_moved(self, lead: Lead, days: int) -> None:
        campaigns.callback_change(actor=self.rig.staff.supervisor, lead_id=lead.id, at=self.noon(days))

    def do_cancelled(self, lead: Lead) -> None:
        campaigns.callback_cancel(actor=self.rig.staff.supervisor, lead_id=lead.id)

    def do_message(self, lead: Lead, act: str, text: str = "") -> None:
        message = (
            Message.objects.filter(lead_id=lead.id, direction="out", sent_at__isnull=False).order_by("-id").first()
        )
        if message is not None:
            messaging.sandbox_act(
                actor=self.rig.staff.owner, message_id=message.id, act=act, text=text, now=clock.now()
            )  # fmt: skip

    def do_column(self, lead: Lead, value: str) -> None:
        contacts.contact_change(actor=self.rig.staff.manager, contact_id=lead.contact_id, fields={"city": value})

    def do_session(self, lead: Lead, status: str, late: bool) -> None:
        """What the room that signs people up tells, and what it does to the lead."""
        now, id = clock.now(), new_id()
        agent = self.rig.staff.junior if lead.call_id is not None else self.rig.staff.senior
        tell_session(lead, status, **({"late": late} if status == "Complete" else {}))
        if status == "New":
            until = now + timedelta(days=2)
            campaigns.lead_submitted(actor=agent, lead_id=lead.id, session_id=id, until=until, now=now)
        elif status != "Processing":
            ended = campaigns.Ended(session_id=id, status=status, agent_id=agent.user_id)
            campaigns.lead_settle(lead_id=lead.id, ended=ended, now=now, cause={"session": str(id)})

    def do_agreement(self, lead: Lead, what: str, attempt: int) -> None:
        more = {"attempt": attempt} if what.startswith("charge.") else {}
        tell_agreement(lead.contact_id, what, lead.merchant_id, **more)

    def do_erased(self, lead: Lead) -> None:
        contacts.contact_erase(actor=self.rig.staff.owner, contact_id=lead.contact_id)

    def do_turned(self, lead: Lead) -> None:
        """What time alone does to leads: they expire, callbacks fall due, private ones become everybody's."""
        campaigns.turn_due(now=clock.now())

    @staticmethod
    def noon(days: int) -> datetime:
        day = (clock.now() + timedelta(days=days)).date()
        return datetime(day.year, day.month, day.day, 11, 0, tzinfo=UTC)

    # --- what it was ----------------------------------------------------------------------------

    def head(self) -> int:
        return LogRow.objects.order_by("-seq").values_list("seq", flat=True).first() or 0

    def rows(self) -> list[dict[str, Any]]:
        """What has been told since it was looked last."""
        since, self.seq = self.seq_done(), self.head()
        return [
            {
                "seq": one.seq, "id": one.id, "org_id": one.org_id, "type": one.type, "at": one.at,
                "subject_type": one.subject_type, "subject_id": one.subject_id, "subject_no": one.subject_no,
                "data": json.dumps(one.data), "cause": json.dumps(one.cause) if one.cause else None,
            }
            for one in LogRow.objects.filter(seq__gt=since).order_by("seq")
        ]  # fmt: skip

    def seq_done(self) -> int:
        """The engine has taken everything that was told before what happens now."""
        row = sql.row("journeys", "waits", now=clock.now(), floor=MONDAY)
        assert row is not None
        return int(row["reached"])

    def facts(self, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
        found = leads.leads_facts(ids)
        reach, windows = leads.leads_reach(ids), leads.leads_windows(ids)
        for id, facts in found.items():
            # What was sent lately it has seen itself.
            there = {name: value for name, value in reach.get(id, {}).items() if name != "sent"}
            facts |= {"windows": windows[id], "reach": there}
        return found

    def key(self, lead: Lead) -> Key:
        return str(lead.contact_id), str(lead.campaign_id)

    def key_of(self, lead_id: UUID) -> Key:
        return self.key(Lead.objects.get(id=lead_id))

    def view(self) -> dict[Key, dict[str, Any]]:
        ids = list(
            Lead.objects.filter(campaign__in=[self.ground.here.id, self.ground.there.id]).values_list("id", flat=True)
        )
        return {key_of(facts): shown(facts) for facts in leads.leads_facts(ids).values()}

    def runs(self) -> dict[tuple[str, Key], list[UUID]]:
        """The runs of each journey and lead, in the order in which they began."""
        found: dict[tuple[str, Key], list[UUID]] = {}
        of = dict(Version.objects.values_list("id", "journey"))
        rows = [
            *((id, lead, of[version]) for id, lead, version in Run.objects.values_list("id", "lead_id", "version_id")),
            *RunEnd.objects.values_list("id", "lead_id", "journey_id"),
        ]
        for id, lead, journey in sorted(rows):
            found.setdefault((str(journey), self.key_of(lead)), []).append(id)
        return found

    def told_of(self, id: UUID) -> dict[str, Any]:
        """A run's log and where it stands."""
        lines = Log.objects.filter(run_id=id).order_by("n").values_list("at", "node", "out", "outcome", "reason")
        run, end = Run.objects.filter(id=id).first(), RunEnd.objects.filter(id=id).first()
        return {
            "log": [tuple(line) for line in lines],
            "stands": (run.node, run.due, run.steps) if run is not None else None,
            "ended": (end.how, end.reason, end.steps) if end is not None else None,
        }

    def effects(self) -> list[tuple[Any, ...]]:
        """What went out of the house, or did not."""
        keys = {one.id: self.key(one) for one in Lead.objects.all()}
        sent = [
            (one.at, keys[one.lead_id], f"send_{one.channel}", became(one))
            for one in Message.objects.filter(direction="out", lead_id__isnull=False)
        ]
        called = [(at, keys[lead], *rest) for at, _journey, lead, *rest in self.called]
        return sorted([*sent, *called], key=str)


def became(message: Message) -> tuple[str, Any]:
    """When it went, why it did not, or until when it waits."""
    if message.sent_at is not None:
        return "sent", message.sent_at
    return (message.status, message.reason) if message.status != "queued" else ("waits", message.next_at)


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The lead as it is now where anything of it is different, by path: what its events do not tell, too."""
    found: dict[str, Any] = {}
    for part in ("lead", "contact", "reach"):
        if before.get(part) != after.get(part):
            found |= {f"{part}.{name}": value for name, value in after.get(part, {}).items()}
    return found


def key_of(facts: Mapping[str, Any]) -> Key:
    return str(facts.get("contact", {}).get("id") or facts["contact_id"]), str(facts["campaign"]["id"])


def shown(facts: Mapping[str, Any]) -> dict[str, Any]:
    lead = facts["lead"]
    found = {name: lead.get(name) or None for name in LEAD}
    return {**found, "city": facts.get("contact", {}).get("fields", {}).get("city") or None}
