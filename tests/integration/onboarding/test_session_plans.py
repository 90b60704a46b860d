"""Lists of sessions walk along an index in their own order, however many there are; so does the live board."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ringround.infra import clock
from ringround.onboarding import queries
from ringround.orgs.actor import Actor
from tests.integration.onboarding.scene import Scene

if TYPE_CHECKING:
    from tests.integration.campaigns.rig import Rig

pytestmark = pytest.mark.django_db
SESSIONS = 20_000


@pytest.fixture
def scene(agency_rig: Rig) -> Scene:
    """A merchant whose campaign an agency works, with one session that has been copied: half of them complete, a tenth
    failed."""
    made = Scene(agency_rig, agency=agency_rig.cast.agency)
    first = made.submit()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO onboarding_session SELECT r.* FROM onboarding_session t, generate_series(2, %s) AS n, LATERAL"
            " jsonb_populate_record(t, jsonb_build_object("
            "  'id', ('01900000-0000-7000-b000-' || lpad(n::text, 12, '0'))::uuid, 'form_key', NULL, 'look_at', NULL,"
            "  'external_lead_id', 'crm-' || n, 'status',"
            "  CASE WHEN n %% 2 = 0 THEN 'Complete' WHEN n %% 10 = 1 THEN 'Failed' ELSE 'Rejected' END,"
            "  'phase', 'done', 'created_at', t.created_at - make_interval(mins => n),"
            "  'completed_at', CASE WHEN n %% 2 = 0 THEN t.created_at - make_interval(mins => n) END)) AS r"
            " WHERE t.id = %s",
            [SESSIONS, first.id],
        )
        cursor.execute("ANALYZE onboarding_session")
    return made


ASKED: dict[str, tuple[Callable[[Actor], Any], set[str]]] = {
    "sessions": (lambda actor: queries.session_page(actor=actor, size=10), {"session_merchant", "session_agency"}),
    "of one status": (
        lambda actor: queries.session_page(actor=actor, statuses=("Failed",), size=10),
        {"session_merchant_status", "session_agency_status"},
    ),
    "the won": (
        lambda actor: queries.lead_overview(actor=actor, size=10), {"session_success", "session_agency_success"},
    ),
    "the attempted": (
        lambda actor: queries.lead_overview(actor=actor, attempted=True, size=10),
        {"session_merchant", "session_agency"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("who", ["merchant", "agency"])
@pytest.mark.parametrize("what", ASKED)
def test_a_list_reads_no_more_than_its_page(scene: Scene, what: str, who: str) -> None:
    ask, indexes = ASKED[what]
    staff = scene.merchant if who == "merchant" else scene.people
    with CaptureQueriesContext(connection) as asked:
        ask(staff.manager)
    nodes = list(_plan(asked[-1]["sql"]))
    assert not {"Sort", "Incremental Sort"} & {node["Node Type"] for node in nodes}
    own = {node["Node Type"] for node in nodes if node.get("Relation Name") == "onboarding_session"}
    assert "Seq Scan" not in own
    assert indexes & {node.get("Index Name") for node in nodes}
    assert nodes[0]["Shared Hit Blocks"] + nodes[0]["Shared Read Blocks"] < 600


def test_the_live_board_reads_what_waits_and_what_was_completed_since(scene: Scene) -> None:
    since = clock.now() - timedelta(minutes=20)
    with CaptureQueriesContext(connection) as asked:
        found = queries.sessions_standing(
            actor=scene.merchant.manager, campaign_ids=[scene.campaign.id], since=since
        )  # fmt: skip
    assert found == {scene.campaign.id: (1, 10)}
    for one in asked:
        top, *_ = nodes = list(_plan(one["sql"]))
        assert {"session_live", "session_completed"} & {node.get("Index Name") for node in nodes}
        assert top["Shared Hit Blocks"] + top["Shared Read Blocks"] < 100


def _plan(sql: str) -> Iterator[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + sql)
        found = cursor.fetchone()[0]
    yield from _nodes((json.loads(found) if isinstance(found, str) else found)[0]["Plan"])


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from _nodes(inner)
