"""What runs ask for, done for all of a batch in one go each kind."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from ringround.campaigns import actions as campaigns
from ringround.campaigns.actions import LeadStep
from ringround.campaigns.queries import leads_facts
from ringround.infra import clock, sql
from ringround.infra import events as log_of_events
from ringround.journeys import events
from ringround.journeys.engine.book import Loaded
from ringround.journeys.engine.messages import send
from ringround.journeys.models import Notice
from ringround.journeys.rules.run import Effect, Outcome, Run
from ringround.kernel.ids import new_id, parse_id
from ringround.orgs import queries as orgs


@dataclass(frozen=True, slots=True)
class Sent:
    """Under way: the answer comes as a row of `Intake`."""


Asked = tuple[Loaded, UUID, Run, Effect]
Came = Outcome | Sent
_SAME = (
    "reset", "deactivate", "activate", "fast_forward", "release", "close", "set_status", "assign", "priority", "urgent",
    "note", "snooze", "suppress", "next_contact", "set_field",
)  # fmt: skip
# Effects on the lead, with what `campaigns.leads_apply` calls them where that is another word.
_LEAD = {
    **{one: one for one in _SAME},
    "add_to_campaign": "add",
    "move_to_campaign": "move",
}  # fmt: skip
# What waiting would not mend: it is not tried again.
_FINAL = frozenset({"campaign_gone", "not_an_agent", "unknown_action", "unknown_status", "unknown_field", "bad_id"})
_CONTACT_FIELD = "contact.fields."
_RESULT = "lead.result."


class Effects:
    """Does effects of one transaction; what is written at its end is gathered until `flush`."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._passes: Counter[tuple[int, str]] = Counter()
        self._let: Counter[tuple[UUID, str]] = Counter()
        self._kinds: dict[str, Callable[[Sequence[Asked]], list[Came]]] = {
            "send_sms": self._messages, "send_email": self._messages, "limit": self._limit, "call_url": self._url,
            "notify_user": self._notify, "emit_event": self._emit, "start_journey": self._others,
            "stop_journey": self._others,
        }  # fmt: skip

    def do(self, asked: Sequence[Asked]) -> list[Came]:
        """What became of each, in their order."""
        came: list[Came | None] = [None] * len(asked)
        groups: dict[Callable[[Sequence[Asked]], list[Came]], list[int]] = {}
        for at, one in enumerate(asked):
            kind = self._leads if one[3].type in _LEAD else self._kinds[one[3].type]
            groups.setdefault(kind, []).append(at)
        for kind, places in groups.items():
            for at, outcome in zip(places, kind([asked[at] for at in places]), strict=True):
                came[at] = outcome
        return [one for one in came if one is not None]

    def flush(self) -> None:
        if self._passes:
            keys = list(self._passes.elements())
            sql.later(
                "journeys", "passes_add", at=self.now, versions=[one[0] for one in keys], nodes=[one[1] for one in keys]
            )

    # --- leads ----------------------------------------------------------------------------------

    def _leads(self, asked: Sequence[Asked]) -> list[Came]:
        came: list[Came | None] = [None] * len(asked)
        steps: list[LeadStep] = []
        places: list[int] = []
        for at, (loaded, lead_id, run, effect) in enumerate(asked):
            step = _step(loaded, lead_id, run, effect)
            if isinstance(step, str):
                came[at] = Outcome(run.epoch, "failed", step, final=True)
            else:
                steps.append(step)
                places.append(at)
        for at, done in zip(places, campaigns.leads_apply(changes=steps, now=self.now), strict=True):
            # `later`: a call is under way on the lead, until `again_at` at the latest.
            came[at] = Outcome(
                asked[at][2].epoch, done.outcome, done.reason, final=done.reason in _FINAL, at=done.again_at
            )
        return [one for one in came if one is not None]

    # --- messages ---------------------------------------------------------------------------------

    def _messages(self, asked: Sequence[Asked]) -> list[Came]:
        return list(send(asked, self.now))

    # --- the rest ---------------------------------------------------------------------------------

    def _limit(self, asked: Sequence[Asked]) -> list[Came]:
        there: dict[tuple[UUID, str, datetime], int] = {}
        came: list[Came] = []
        for loaded, _lead, run, effect in asked:
            # Of the journey, whichever version let them through: publishing begins no new count.
            node, since = (loaded.journey_id, effect.node), effect.data["since"]
            key = *node, since
            if key not in there:
                row = sql.row("journeys", "passes", journey=loaded.journey_id, node=effect.node, since=since)
                there[key] = row["n"] if row else 0
            if there[key] + self._let[node] < int(effect.data["most"]):
                self._let[node] += 1
                self._passes[loaded.id, effect.node] += 1
                came.append(Outcome(run.epoch))
            else:
                came.append(Outcome(run.epoch, "skipped", "limit"))
        return came

    def _url(self, asked: Sequence[Asked]) -> list[Came]:
        requests = [
            {
                "url": effect.data["url"],
                "method": effect.data["method"],
                "body": {
                    "key": effect.key, "journey": str(loaded.journey_id), "run": run.id, "lead": str(lead),
                    "values": effect.data["values"],
                },
            }
            for loaded, lead, run, effect in asked
        ]  # fmt: skip
        sql.run(
            "journeys", "outbox_add", real=clock.real_now(), at=self.now, ids=[new_id() for _ in asked],
            orgs=[one[0].org_id for one in asked], keys=[one[3].key for one in asked],
            runs=[UUID(one[2].id) for one in asked], epochs=[one[2].epoch for one in asked],
            leads=[one[1] for one in asked], requests=[json.dumps(one, default=str) for one in requests],
        )  # fmt: skip
        return [Sent() for _ in asked]

    def _notify(self, asked: Sequence[Asked]) -> list[Came]:
        came: list[Came] = []
        rows: list[Notice] = []
        told: list[log_of_events.Record] = []
        people = _people(asked)
        for loaded, lead, run, effect in asked:
            user = parse_id(effect.data["user"])
            if user is None or user not in people[loaded.org_id]:
                came.append(Outcome(run.epoch, "skipped", "no_user"))
                continue
            rows.append(
                Notice(
                    organisation_id=loaded.org_id, user_id=user, key=effect.key, journey_id=loaded.journey_id,
                    lead_id=lead, text=effect.data["text"], at=self.now,
                )
            )  # fmt: skip
            told.append(
                log_of_events.Record(
                    org_id=loaded.org_id, type=events.NOTIFIED, subject_type="run", subject_id=UUID(run.id),
                    subject_no=run.epoch + 1, at=self.now,
                    data={"journey": str(loaded.journey_id), "lead": str(lead), "user": str(user)},
                    cause=events.cause_of(loaded.journey_id, run),
                )
            )  # fmt: skip
            came.append(Outcome(run.epoch))
        Notice.objects.bulk_create(rows, ignore_conflicts=True)
        log_of_events.record_all(told)
        return came

    def _emit(self, asked: Sequence[Asked]) -> list[Came]:
        named = campaigns_of([one[1] for one in asked])
        log_of_events.record_all(
            log_of_events.Record(
                org_id=loaded.org_id, type=events.EMITTED, subject_type="run", subject_id=UUID(run.id),
                subject_no=run.epoch + 1, at=self.now,
                data={
                    "journey": str(loaded.journey_id), "lead": str(lead), "campaign": named.get(lead),
                    "name": effect.data["name"],
                },
                cause=events.cause_of(loaded.journey_id, run),
            )
            for loaded, lead, run, effect in asked
        )  # fmt: skip
        return [Outcome(one[2].epoch) for one in asked]

    def _others(self, asked: Sequence[Asked]) -> list[Came]:
        """Other journeys begin or end in the engine's next rounds, each in a batch of its own."""
        rows: list[tuple[Any, ...]] = []
        for loaded, lead, run, effect in asked:
            cause = events.cause_of(loaded.journey_id, run)
            kind = "enter" if effect.type == "start_journey" else "stop"
            rows.append((kind, UUID(effect.data["journey"]), lead, json.dumps(cause)))
        sql.run(
            "journeys", "intake_add", at=self.now, kinds=[one[0] for one in rows], journeys=[one[1] for one in rows],
            leads=[one[2] for one in rows], runs=[None for _ in rows], epochs=[0 for _ in rows],
            data=["{}" for _ in rows], causes=[one[3] for one in rows],
        )  # fmt: skip
        return [Outcome(one[2].epoch) for one in asked]


def _people(asked: Sequence[Asked]) -> dict[UUID, set[UUID]]:
    """Of those who are to be told something: who may be, by the merchant. The same whom the linter knows."""
    wanted: dict[UUID, set[UUID]] = {}
    for loaded, _lead, _run, effect in asked:
        user = parse_id(effect.data["user"])
        wanted.setdefault(loaded.org_id, set()).update({user} if user is not None else ())
    return {
        org: {
            one.id
            for one in orgs.members(
                organisation_ids=orgs.workers_of(merchant_id=org), states=("active", "invited"), user_ids=users
            )
        }
        for org, users in wanted.items()
    }


def campaigns_of(leads: Sequence[UUID]) -> dict[UUID, str]:
    return {lead: facts["campaign"]["id"] for lead, facts in leads_facts(leads, contacts=False).items()}


def _step(loaded: Loaded, lead_id: UUID, run: Run, effect: Effect) -> LeadStep | str:
    """The step of campaigns, or why there can be none."""
    data, action = effect.data, _LEAD[effect.type]
    params: dict[str, Any] = dict(data)
    match action:
        case "add" | "move":
            campaign = parse_id(data["campaign"])
            if campaign is None:
                return "bad_id"
            params["campaign"] = campaign
        case "assign":
            params["user"] = parse_id(data["user"])
            if params["user"] is None:
                return "bad_id"
        case "next_contact":
            params["earliest"] = data["keep"] == "earliest"
        case "urgent":
            params["value"] = data["on"]
        case "set_field" if data["field"].startswith(_CONTACT_FIELD):
            action, params = (
                "contact_field",
                {"field": data["field"].removeprefix(_CONTACT_FIELD), "value": data["value"]},
            )
        case "set_field" if data["field"].startswith(_RESULT):
            params = {"key": data["field"].removeprefix(_RESULT), "value": data["value"]}
        case "set_field":
            return "unknown_field"
    return LeadStep(
        key=effect.key, lead_id=lead_id, action=action, params=params, org_id=loaded.org_id, by=loaded.name,
        ref=("journey_run", UUID(run.id)), cause=events.cause_of(loaded.journey_id, run), status=effect.status,
    )  # fmt: skip
