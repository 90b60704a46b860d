"""Reads the database after the soak, when all agents have left, all leases have run out and nothing waits any more,
and says what does not hold together: `python -m tests.soak.audit <file of what was answered>` prints a list of faults
as JSON, empty when all is well.

1. Nothing waits: no event without a number, none before a reaction, no job, no audit row outside the chain.
2. No lead is held, no number, no call; each lead stands where the rules place it, and none is lost between the queues.
3. The log of hand-outs alternates for each lead, and each hand-out was ended for the agent who had it.
4. Events: the numbers of the log have no gap, no subject has a number twice or out of order, and each lead and campaign
   has as many events as it says.
5. The audit chain is whole.
6. What was answered with "saved" is there once, what was refused is not, and the rest once at most.
7. The counts on the board are what the leads say.
8. Each row of each import is one contact, and one lead on each campaign.
9. Journeys and messages: `audit_journeys`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

import django

from tests.soak import audit_journeys


def read(text: str, *params: object) -> list[tuple[Any, ...]]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(text, params or None)
        return list(cursor.fetchall())


class Audit:
    def __init__(self, told: dict[str, Any]) -> None:
        self.told, self.faults = told, list[str]()

    def hold(self, true: object, fault: str) -> None:
        if not true:
            self.faults.append(fault)

    def none(self, rows: list[tuple[Any, ...]], fault: str) -> None:
        self.hold(not rows, f"{fault}: {len(rows)}, {[tuple(map(str, row)) for row in rows[:3]]}")

    def run(self) -> list[str]:
        for part in (
            self.nothing_waits, self.leads, self.log, self.events, self.chain, self.answers, self.counts, self.imports,
        ):  # fmt: skip
            part()
        self.faults += audit_journeys.faults(read, self.told)
        return self.faults

    def nothing_waits(self) -> None:
        self.none(read("SELECT id, type FROM infra_event_out"), "events without a number")
        self.none(read("SELECT seq, reaction, error FROM infra_parked_reaction"), "reactions that failed")
        behind = (
            "SELECT name, seq FROM infra_cursor WHERE name = 'reactions' AND seq <> (SELECT max(seq) FROM infra_event)"
        )
        self.none(read(behind), "reactions behind the log")
        self.none(read("SELECT id FROM infra_audit_pending"), "audit rows outside the chain")
        # A job that failed is not one of them: the room it belongs to takes its work up again.
        jobs = read("SELECT id, task_name, status FROM procrastinate_jobs WHERE status IN ('todo', 'doing')")
        self.none(jobs, "jobs that are not done")
        self.none(read("SELECT id, state FROM contacts_import WHERE state <> 'done'"), "imports that are not done")

    def leads(self) -> None:
        from ringround.campaigns.queries.plan_facts import plan_load
        from ringround.campaigns.queries.rows import facts
        from ringround.campaigns.rules import place as rules
        from ringround.infra import clock, sql

        now = clock.now()
        self.none(
            read("SELECT id, reserved_by_id FROM campaigns_lead WHERE reserved_until IS NOT NULL"), "leads still held"
        )
        self.none(read("SELECT number, lead_id FROM campaigns_number_hold WHERE until > %s", now), "numbers still held")
        self.none(read("SELECT id, state FROM telephony_call WHERE state <> 'ended'"), "calls that never ended")
        for campaign in self.told["campaigns"]:
            plan = plan_load(campaign_id=UUID(campaign))
            rows = sql.rows("campaigns", "leads_of_campaign", campaign=plan.id, after=UUID(int=0), limit=1_000_000)
            for row in rows:
                lead = facts(row)
                at = rules.place(lead, plan.order, now)
                stands = row["queue"], row["rank"], row["rank_text"], row["turn_at"]
                if row["turn_at"] is None or row["turn_at"] > now:
                    due = (at.queue, at.rank, at.rank_text, at.turn_at)
                    self.hold(stands == due, f"lead {lead.id} stands at {stands}, not at {due}")
                else:
                    self.hold(False, f"time has not done its part on lead {lead.id}, due at {row['turn_at']}")
                if lead.open and row["queue"] is None and row["turn_at"] is None:
                    stuck = rules.callable_but_for_time(lead, plan.order, now)
                    self.hold(not stuck, f"lead {lead.id} is lost between the queues")

    def log(self) -> None:
        # In the order of the lead's events, whose numbers are drawn under its lock; a row's transaction may be numbered
        # before that of another it has waited for.
        rows = read(
            "SELECT h.lead_id, h.what, h.user_id FROM campaigns_handout_log h LEFT JOIN infra_event e"
            " ON e.subject_type = 'lead' AND e.subject_id = h.lead_id AND e.at = h.at AND e.type = 'campaigns.lead.' ||"
            " CASE h.what WHEN 'dispositioned' THEN 'attempted' WHEN 'lapsed' THEN 'released' ELSE h.what END"
            " ORDER BY h.lead_id, e.subject_no"
        )
        for lead, entries in groupby(rows, key=lambda row: row[0]):
            whole = list(entries)
            whats = [what for _lead, what, _user in whole]
            in_turn = all((what == "handed_out") == (place % 2 == 0) for place, what in enumerate(whats))
            self.hold(in_turn and len(whats) % 2 == 0, f"lead {lead} was {whats}")
            self.hold(
                all(given[2] == ended[2] for given, ended in zip(whole[::2], whole[1::2], strict=False)),
                f"lead {lead}: a hand-out was ended for another agent than had it",
            )

    def events(self) -> None:
        ((count, highest),) = read("SELECT count(*), coalesce(max(seq), 0) FROM infra_event")
        self.hold(count == highest, f"the log of events has {count} rows up to number {highest}")
        self.none(
            read(
                # A user's and a link's are those of their organisations: they grow, with gaps.
                "SELECT subject_type, subject_id, count(*), max(subject_no) FROM infra_event GROUP BY 1, 2"
                " HAVING count(DISTINCT subject_no) <> count(*)"
                " OR subject_type IN ('lead', 'campaign', 'call') AND max(subject_no) <> count(*)"
            ),
            "subjects whose events have a gap, or one twice",
        )
        self.none(
            read(
                "SELECT subject_id FROM (SELECT subject_id, seq, subject_no, lag(subject_no) OVER"
                " (PARTITION BY subject_type, subject_id ORDER BY seq) AS before FROM infra_event) AS e"
                " WHERE before >= subject_no"
            ),
            "events of a subject out of order",
        )
        self.none(
            read(
                "SELECT l.id, l.event_no, max(e.subject_no) FROM campaigns_lead l"
                " LEFT JOIN infra_event e ON e.subject_type = 'lead' AND e.subject_id = l.id"
                " GROUP BY l.id HAVING l.event_no <> coalesce(max(e.subject_no), 0)"
            ),
            "leads with other events than they say",
        )

    def chain(self) -> None:
        from ringround.infra import audit

        _rows, faults = audit.verify()
        self.hold(not faults, f"the audit chain: {faults}")

    def answers(self) -> None:
        notes = Counter(text for (text,) in read("SELECT text FROM campaigns_timeline WHERE text LIKE 'soak %'"))
        said: dict[str, str] = self.told["said"]
        for note, how in said.items():
            there = notes.pop(note, 0)
            right = {"saved": there == 1, "refused": there == 0, "unknown": there <= 1}[how]
            self.hold(right, f"{note} was answered with {how} and is there {there} times")
        self.hold(not notes, f"there is what nobody said: {list(notes)[:3]}")

    def counts(self) -> None:
        from ringround.campaigns import queries
        from ringround.campaigns.models import Attempt, Campaign, Lead

        for campaign in Campaign.objects.filter(id__in=self.told["campaigns"]):
            found = queries.progress(campaigns=[campaign])[campaign.id]
            by_status = Counter(Lead.objects.filter(campaign=campaign).values_list("status", flat=True))
            self.hold(found.by_status == dict(by_status), f"counted {found.by_status}, there are {dict(by_status)}")
            attempts = Attempt.objects.filter(campaign=campaign).count()
            self.hold(found.attempts == attempts, f"counted {found.attempts} attempts, there are {attempts}")

    def imports(self) -> None:
        for name, rows in self.told["imported"].items():
            mine = read(
                "SELECT c.external_id, count(DISTINCT l.id) FROM contacts_contact c"
                " LEFT JOIN campaigns_lead l ON l.contact_id = c.id WHERE c.external_id LIKE %s GROUP BY c.id",
                f"{name}-%",
            )
            self.hold(len(mine) == rows, f"import {name} of {rows} rows made {len(mine)} contacts")
            each = len(self.told["campaigns"])
            self.none([row for row in mine if row[1] != each], f"contacts of {name} without their {each} leads")


def main(file: str) -> None:
    django.setup()
    print(json.dumps(Audit(json.loads(Path(file).read_text())).run()))


if __name__ == "__main__":
    main(*sys.argv[1:])
