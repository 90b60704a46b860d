"""Real processes claim, skip and disposition at once on one database and are ended by SIGKILL: at random points, and at
each commit boundary. Afterwards the database is audited, and every hand-out is replayed from the log.

`RINGROUND_TEST_SOAK=1` lasts longer.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from tests.processes import environment

if TYPE_CHECKING:
    from ringround.campaigns.models import Campaign

ROOT = Path(__file__).parents[3]
SOAK = bool(os.environ.get("RINGROUND_TEST_SOAK"))
AGENTS, LEADS, SECONDS = (8, 240, 60) if SOAK else (4, 120, 6)
# A process dies at each, one before and one after; all agents are dying at once.
BOUNDARIES = range(1, 13 if SOAK else 4)


class Stage:
    """A campaign committed to the database, and agents whose processes work on it."""

    def __init__(self) -> None:
        from ringround.campaigns.models import Lead
        from tests.factories import member
        from tests.integration.campaigns.rig import rig

        self.rig = rig()
        org = self.rig.staff.org
        self.agents = [member(org, "senior_agent", f"Agent {n}") for n in range(AGENTS)]
        self.campaign: Campaign = self.rig.campaign(
            agents=self.agents,
            settings={"skip": "yes", "skip_cooldown_s": 2, "reservation_s": 10, "quarantine_s": 86_400},
        )
        # Every fifth number is shared by two leads, every seventh lead is kept for an agent.
        shared: list[str] = []
        for n in range(LEADS):
            mobile = shared.pop() if n % 5 == 0 and shared else f"+4528{200000 + n:06d}"
            if n % 5 == 1:
                shared.append(mobile)
            lead = self.rig.lead(self.campaign, mobile=mobile)
            if n % 7 == 0:
                self.rig.put(lead, assigned_to_id=self.agents[n % AGENTS].user_id)
        self.kept = dict(Lead.objects.filter(campaign=self.campaign).values_list("id", "assigned_to_id"))

    def start(self, n: int, seed: int, seconds: float, die: str = "") -> subprocess.Popen[str]:
        words = [
            str(self.agents[n].user_id),
            str(self.rig.staff.org.id),
            str(self.campaign.id),
            str(seed),
            str(seconds),
        ]
        return subprocess.Popen(
            [sys.executable, "-m", "tests.property.campaigns.worker", *words],
            cwd=ROOT, env=environment(RINGROUND_TEST_DIE=die), stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    # --- the audit ----------------------------------------------------------------------------

    def audit(self) -> None:
        self.let_go()
        self.leases()
        self.nothing_lost()
        self.log_is_whole()
        self.events_are_whole()
        self.counts()
        self.replay()

    def let_go(self) -> None:
        """A killed process's session ends when the server notices; wait for that, not for a time."""
        from django.db import connection

        for _ in range(200):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'"
                )
                if not cursor.fetchone()[0]:
                    return
            time.sleep(0.05)
        raise AssertionError("a session does not end")

    def leases(self) -> None:
        from ringround.campaigns.models import NumberHold
        from ringround.infra import clock

        now = clock.now()
        live = [row for row in self.rows() if row["reserved_until"] is not None and row["reserved_until"] > now]
        holders = [row["reserved_by_id"] for row in live]
        assert len(holders) == len(set(holders)), "an agent holds two leads"
        numbers = [number for row in live for number in row["numbers"]]
        assert len(numbers) == len(set(numbers)), "a number is in two hands"
        holds = {one.number: one.lead_id for one in NumberHold.objects.filter(until__gt=now)}
        assert holds == {number: row["id"] for row in live for number in row["numbers"]}

    def nothing_lost(self) -> None:
        """When all leases have run out, each open lead stands in a queue or waits for a time, kept for whom it was."""
        from datetime import timedelta

        from ringround.campaigns import actions
        from ringround.campaigns.rules.lead import CLOSED
        from ringround.infra import clock

        with clock.frozen(clock.now() + timedelta(minutes=5)):
            while actions.turn_due(now=clock.now()):
                pass
        rows = self.rows()
        assert len(rows) == LEADS
        for row in rows:
            assert row["assigned_to_id"] == self.kept[row["id"]]
            assert row["reserved_by_id"] is None
            waits = row["status"] == "automatic_redial" and row["next_contact_at"] is not None
            assert row["status"] in CLOSED or row["queue"] is not None or waits, row

    def log_is_whole(self) -> None:
        for lead, entries in self.log().items():
            whats = [what for what, *_ in entries]
            assert all(what == "handed_out" for what in whats[::2]), (lead, whats)
            assert all(what != "handed_out" for what in whats[1::2]), (lead, whats)
            assert len(whats) % 2 == 0, "a hand-out without an end"
            for given, ended in zip(entries[::2], entries[1::2], strict=True):
                assert given[1] == ended[1], "ended by another than it was given to"

    def events_are_whole(self) -> None:
        for subject, numbers in self.read(
            "SELECT subject_id, array_agg(subject_no ORDER BY subject_no) FROM infra_event_out"
            " WHERE subject_type = 'lead' GROUP BY subject_id"
        ):
            assert numbers == list(range(1, len(numbers) + 1)), subject
        ended = dict(self.read("SELECT id, event_no FROM campaigns_lead"))
        highest = dict(
            self.read("SELECT subject_id, max(subject_no) FROM infra_event_out WHERE subject_type = 'lead' GROUP BY 1")
        )
        assert ended == highest

    def counts(self) -> None:
        from ringround.campaigns import queries
        from ringround.campaigns.models import Attempt
        from ringround.campaigns.ticks import fold

        by_status: dict[str, int] = defaultdict(int)
        for row in self.rows():
            by_status[row["status"]] += 1
        for _ in range(2):
            found = queries.progress(campaigns=[self.campaign])[self.campaign.id]
            assert found.by_status == dict(by_status)
            assert found.attempts == Attempt.objects.filter(campaign=self.campaign).count()
            fold()

    def replay(self) -> None:
        """For each hand-out: of the leads that its snapshot shows as eligible for this agent, all that come before
        the one given are named as passed over, but for those that the agent had skipped.

        What a snapshot shows is told by the log alone: a lead is held when its last visible entry is a hand-out, closed
        or resting when that is a disposition, and free otherwise.
        """
        positions = dict(self.read("SELECT id, position FROM campaigns_lead"))
        entries = self.read(
            "SELECT g.id, g.lead_id, g.user_id, g.passed_over, ARRAY("
            "  SELECT DISTINCT ON (e.lead_id) e.lead_id::text || ' ' || e.what FROM campaigns_handout_log e"
            "  WHERE pg_visible_in_snapshot(e.xid::text::xid8, g.snapshot::pg_snapshot)"
            "  ORDER BY e.lead_id, e.xid DESC, e.id DESC),"
            " ARRAY(SELECT e.lead_id FROM campaigns_handout_log e WHERE e.user_id = g.user_id AND e.what = 'skipped'"
            "  AND e.at <= g.at AND e.at > g.at - interval '2 seconds')"
            " FROM campaigns_handout_log g WHERE g.what = 'handed_out'"
        )
        assert entries
        for _id, lead, user, passed_over, visible, skipped in entries:
            last = {UUID(one.split(" ")[0]): one.split(" ")[1] for one in visible}
            eligible = {
                one for one in positions
                if last.get(one) not in {"handed_out", "dispositioned"} and self.kept[one] in (None, user)
            }  # fmt: skip
            assert lead in eligible, "a lead was given that was not free"
            ahead = {one for one in eligible if positions[one] < positions[lead]} - set(skipped)
            assert ahead <= set(passed_over), "an eligible lead that came first was not given, and not passed over"

    # --- reading ------------------------------------------------------------------------------

    def rows(self) -> list[dict[str, Any]]:
        from ringround.infra import sql

        return sql.rows(
            "campaigns", "leads_of_campaign", campaign=self.campaign.id, after=UUID(int=0), limit=10 * LEADS
        )

    def log(self) -> dict[UUID, list[tuple[str, UUID]]]:
        found: dict[UUID, list[tuple[str, UUID]]] = defaultdict(list)
        for lead, what, user in self.read("SELECT lead_id, what, user_id FROM campaigns_handout_log ORDER BY xid, id"):
            found[lead].append((what, user))
        return found

    def read(self, text: str) -> list[tuple[Any, ...]]:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(text)
            return list(cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_processes_killed_at_random_points_lose_nothing_and_give_nothing_twice() -> None:
    stage, dice = Stage(), Random(7)
    running = {n: stage.start(n, n, SECONDS) for n in range(AGENTS)}
    killed, until = 0, time.monotonic() + SECONDS
    while time.monotonic() < until:
        # Each lives as long, however many there are.
        time.sleep(dice.uniform(1.6, 4.8) / AGENTS)
        n = dice.randrange(AGENTS)
        if running[n].poll() is None:
            running[n].send_signal(signal.SIGKILL)
            running[n].wait()
            killed += 1
        left = until - time.monotonic()
        if left > 1:
            running[n] = stage.start(n, dice.randrange(10**6), left)
    for one in running.values():
        assert one.wait(timeout=120) in (0, -signal.SIGKILL)
    assert killed > 3
    stage.audit()


@pytest.mark.django_db(transaction=True)
def test_a_process_killed_at_a_commit_boundary_has_done_all_of_it_or_nothing() -> None:
    stage = Stage()
    deaths = [f"{when} {number}" for number in BOUNDARIES for when in ("before", "after")]
    for start in range(0, len(deaths), AGENTS):
        dying = [stage.start(n, n, 20, death) for n, death in enumerate(deaths[start : start + AGENTS])]
        for one in dying:
            assert one.wait(timeout=60) == -signal.SIGKILL
    stage.audit()
