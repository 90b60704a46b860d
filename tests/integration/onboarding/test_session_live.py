"""Sessions on screens that keep up by themselves: each listens to a topic, and each step touches it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ringround.infra.events import Event
from ringround.infra.models import EventOut
from ringround.onboarding import actions
from ringround.onboarding.reactions import topics
from tests.integration.onboarding.screens import come

if TYPE_CHECKING:
    from ringround.onboarding.models import Session
    from tests.integration.onboarding.scene import Scene

pytestmark = pytest.mark.django_db


def touched(session: Session) -> list[set[str]]:
    """The topics of each event of a session, in their order."""
    rows = EventOut.objects.filter(subject_id=session.id).order_by("subject_no", "id")
    return [{one.topic for one in topics(_event(row))} for row in rows]


def _event(row: EventOut) -> Event:
    return Event(
        1, row.id, row.org_id, row.also_org_id, row.type, row.subject_type, row.subject_id, row.subject_no, row.at,
        row.data, row.cause,
    )  # fmt: skip


@pytest.mark.parametrize("page", ["/onboarding/sessions", "/onboarding/leads?attempted=1"])
def test_the_lists_listen_to_their_organisations_sessions(scene: Scene, page: str) -> None:
    scene.submit()
    html = come(scene.merchant.manager).get(page).content.decode()
    assert f'data-live="sessions:{scene.merchant.org.id}"' in html


def test_a_sessions_page_listens_to_it(scene: Scene) -> None:
    session = scene.submit()
    html = come(scene.merchant.manager).get(f"/onboarding/sessions/{session.id}").content.decode()
    assert f'data-live="session:{session.id}"' in html


def test_a_link_that_is_sent_and_opened_is_told_to_the_screens_and_is_no_status(scene: Scene) -> None:
    session = scene.submit()
    token = scene.link(session)
    actions.link_open(token=token, holder="browser-one")
    assert scene.stands(session) == ("New", "link_opened")
    advanced = "onboarding.session.advanced"
    assert scene.told(session.id, steps=True) == ["onboarding.session.created", advanced, advanced]
    own = {f"session:{session.id}", f"sessions:{scene.merchant.org.id}"}
    assert touched(session) == [own] * 3
    told = EventOut.objects.filter(subject_id=session.id, type=advanced).order_by("subject_no")
    assert [one.data["phase"] for one in told] == ["link_sent", "link_opened"]


def test_opening_it_again_tells_nothing(scene: Scene) -> None:
    session = scene.submit()
    token = scene.link(session)
    for _ in range(2):
        actions.link_open(token=token, holder="browser-one")
    assert scene.told(session.id, steps=True).count("onboarding.session.advanced") == 2


def test_an_agent_is_led_to_no_page_that_they_may_not_read(scene: Scene) -> None:
    session = scene.submit()
    page = come(scene.agent).get(f"/onboarding/sessions/{session.id}").content.decode()
    assert "/onboarding/workflows/" not in page
    assert f"/contacts/{session.contact_id}" not in page
    seen = come(scene.merchant.manager).get(f"/onboarding/sessions/{session.id}").content.decode()
    assert "/onboarding/workflows/" in seen
