"""Lists of sessions walk along an index for whoever looks, and sort nothing."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import QuerySet

from ringround.onboarding.models import Session
from ringround.onboarding.queries.access import visible_sessions
from ringround.orgs.actor import Actor
from tests.integration.campaigns.rig import Rig
from tests.integration.onboarding.scene import Scene

SESSIONS = 20_000


def _many(scene: Scene) -> None:
    """A session that has been copied, with a moment, a person and a status of its own."""
    first = scene.submit()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO onboarding_session SELECT r.* FROM onboarding_session t, generate_series(1, %s) AS n, LATERAL"
            " jsonb_populate_record(t, jsonb_build_object('id', gen_random_uuid(), 'form_key', NULL,"
            " 'external_lead_id', 'crm-' || n, 'created_at', t.created_at - n * interval '1 min', 'completed_at',"
            " CASE WHEN n %% 4 = 0 THEN t.created_at - n * interval '1 min' END,"
            " 'status', (ARRAY['Complete', 'Expired', 'Rejected', 'Failed'])"
            "[1 + n %% 4])) AS r WHERE t.id = %s",
            [SESSIONS, first.id],
        )
        cursor.execute("ANALYZE onboarding_session, campaigns_campaign")


def _indexes(actor: Actor, by: str = "created_at", **asked: Any) -> set[str]:
    found: QuerySet[Session] = visible_sessions(actor).filter(**asked).order_by(f"-{by}", "-id")[:51]
    plan = found.explain()
    assert "Sort" not in plan
    assert "Seq Scan on onboarding_session" not in plan
    return {word for word in plan.split() if word.startswith("session_")}


def test_a_merchant_s_and_an_agency_s_lists_sort_nothing(agency_rig: Rig) -> None:
    agency = agency_rig.cast.agency
    scene = Scene(agency_rig, agency=agency)
    _many(scene)
    owner, supervisor = agency_rig.staff.owner, agency.supervisor
    assert _indexes(owner) == {"session_merchant"}
    assert _indexes(supervisor) == {"session_agency"}
    assert _indexes(owner, status="Failed") == {"session_merchant_status"}
    assert _indexes(owner, "completed_at", status="Complete") == {"session_success"}
    assert _indexes(supervisor, "completed_at", status="Complete") == {"session_agency_success"}
