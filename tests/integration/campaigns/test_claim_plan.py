"""The claim walks along its index, whatever the planner believes of the table; and says in *why not* what it does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection

from ringround.campaigns import queries
from ringround.campaigns.actions import Handout
from ringround.campaigns.models import Lead
from tests.integration.campaigns.rig import MONDAY, Rig

LEADS = 50_000
IN_ORDER = """
SELECT f.id FROM unnest('{1,2,3,4,5}'::smallint[]) AS q (queue)
CROSS JOIN LATERAL campaigns_in_order_v1(%s, q.queue, %s, %s, 9223372036854775807, '{}', '{}', 64) AS f LIMIT 64
"""


def _many(rig: Rig) -> Any:
    """A campaign whose one lead has been copied, as bulk loading would."""
    campaign = rig.campaign()
    first = rig.lead(campaign)
    own = "('01900000-0000-7000-%s000-' || lpad(n::text, 12, '0'))::uuid"
    with connection.cursor() as cursor:
        cursor.execute(
            # Constants of this file.
            "INSERT INTO contacts_contact SELECT r.* FROM contacts_contact t, generate_series(2, %s) AS n, LATERAL"  # noqa: S608
            f" jsonb_populate_record(t, jsonb_build_object('id', {own % 'a'}, 'search', '')) AS r WHERE t.id = %s",
            [LEADS, Lead.objects.get(id=first).contact_id],
        )
        cursor.execute(
            "INSERT INTO campaigns_lead SELECT r.* FROM campaigns_lead t, generate_series(2, %s) AS n, LATERAL"  # noqa: S608
            f" jsonb_populate_record(t, jsonb_build_object('id', {own % 'c'}, 'contact_id', {own % 'a'}, 'position', n,"
            " 'numbers', jsonb_build_array('+4529' || lpad(n::text, 6, '0')))) AS r WHERE t.id = %s",
            [LEADS, first],
        )
    return campaign


@pytest.mark.parametrize("fresh", [False, True], ids=["stale statistics", "fresh statistics"])
def test_the_claim_reads_its_index_and_sorts_nothing(rig: Rig, fresh: bool) -> None:
    campaign = _many(rig)
    zone = Lead.objects.filter(campaign=campaign).values_list("zone_id", flat=True)[0]
    with connection.cursor() as cursor:
        if fresh:
            cursor.execute("ANALYZE campaigns_lead")
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        plan = [campaign.id, zone, rig.staff.senior.user_id]
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + IN_ORDER, plan)
        found = cursor.fetchone()[0]
    nodes = list(_nodes((json.loads(found) if isinstance(found, str) else found)[0]["Plan"]))
    assert not {"Seq Scan", "Sort", "Incremental Sort"} & {node["Node Type"] for node in nodes}
    assert {node["Index Name"] for node in nodes if "Index Name" in node} == {"lead_claim"}
    # A few pages for each of ten walks, not a table of fifty thousand leads.
    assert nodes[0]["Shared Hit Blocks"] + nodes[0]["Shared Read Blocks"] < 300


def test_a_claim_among_many_gives_the_first(rig: Rig) -> None:
    campaign = _many(rig)
    found = rig.next(rig.staff.senior, campaign)
    assert isinstance(found, Handout)
    assert Lead.objects.get(id=found.lead_id).position == 1


def test_vacuum_takes_what_claims_leave_dead_out_of_the_index_each_time(rig: Rig) -> None:
    """By itself it leaves them while few pages of a great table have any, and every claim walks over them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT unnest(reloptions) FROM pg_class WHERE oid = 'campaigns_lead'::regclass")
        options = dict(option.split("=", 1) for (option,) in cursor.fetchall())
    assert options["vacuum_index_cleanup"] == "on"
    # Of ten million leads no more than some twenty seconds' claims.
    dead = int(options["autovacuum_vacuum_threshold"]) + 10_000_000 * float(options["autovacuum_vacuum_scale_factor"])
    assert dead <= 30_000


@pytest.mark.parametrize(
    "facts",
    [
        {}, {"active": False}, {"snoozed_until": MONDAY.replace(hour=12)}, {"next_contact_at": MONDAY.replace(hour=12)},
        {"attempts": 9}, {"attempts": 9, "status": "common_redial", "next_contact_at": MONDAY}, {"suppressed": True},
        {"deactivated": True}, {"numbers": []}, {"status": "success"}, {"expires_at": MONDAY}, {"urgent_at": MONDAY},
        {"status": "automatic_redial", "next_contact_at": MONDAY},
    ],
    ids=str,
)  # fmt: skip
def test_why_not_says_the_same_as_the_claim(rig: Rig, facts: dict[str, Any]) -> None:
    campaign = rig.campaign()
    lead = rig.lead(campaign, **facts)
    agent = rig.staff.senior
    answer = queries.why_not(actor=rig.staff.supervisor, lead_id=lead, agent_id=agent.user_id)
    assert answer.callable == (rig.given(agent, campaign) == lead)


def _nodes(plan: dict[str, Any]) -> Any:
    yield plan
    for inner in plan.get("Plans", []):
        yield from _nodes(inner)
