"""Who may hear what on the live stream."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from ringround.config import wiring
from ringround.kernel.ids import new_id
from tests import factories
from tests.integration.http.calling import token_for

pytestmark = pytest.mark.django_db


def scope(**headers: str) -> dict[str, Any]:
    return {
        "headers": [
            (name.replace("_", "-").lower().encode(), value.encode("latin-1")) for name, value in headers.items()
        ]
    }


def test_a_token_or_a_session_says_who_listens(cast: factories.Cast) -> None:
    actor = cast.charity.owner
    by_token = wiring.LIVE_AUTH(scope(Authorization=f"Bearer {token_for(actor)}"))
    client = Client()
    client.force_login(actor.user)
    by_session = wiring.LIVE_AUTH(scope(Cookie=f"{settings.SESSION_COOKIE_NAME}={client.session.session_key}; a=b"))
    for viewer in (by_token, by_session):
        assert viewer is not None
        assert (viewer.user_id, viewer.org_id) == (str(actor.user_id), str(actor.org_id))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Basic abc"},
        {"Authorization": ""},
        {"Cookie": "sessionid=nonsense"},
        {"Cookie": "sessionid=å; ;;;=\x01"},
        {"Cookie": "sessionid=" + "x" * 9000},
        {"Cookie": r'sessionid="\000aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"'},
    ],
)
def test_a_stranger_hears_nothing(db: None, headers: dict[str, str]) -> None:
    assert wiring.LIVE_AUTH(scope(**headers)) is None


def test_acting_for_a_merchant_not_managed_hears_nothing(cast: factories.Cast) -> None:
    token = token_for(cast.agency.owner)
    for other in (str(cast.charity.org.id), "garbage", ""):
        assert wiring.LIVE_AUTH(scope(Authorization=f"Bearer {token}", Ringround_Acting_For=other)) is None


def test_only_topics_that_a_room_speaks_for(cast: factories.Cast) -> None:
    viewer = wiring.LIVE_AUTH(scope(Authorization=f"Bearer {token_for(cast.charity.owner)}"))
    assert viewer is not None
    assert wiring.LIVE_ALLOWED(viewer, f"org:{cast.charity.org.id}")
    assert not wiring.LIVE_ALLOWED(viewer, f"org:{cast.magazine.org.id}")
    for kind in ("campaign", "agent", "import", "nothing"):
        assert not wiring.LIVE_ALLOWED(viewer, f"{kind}:{new_id()}")
        assert not wiring.LIVE_ALLOWED(viewer, f"{kind}:garbage")
    assert wiring.LIVE_ALLOWED(viewer, f"agent:{cast.charity.owner.user_id}")
    assert not wiring.LIVE_ALLOWED(viewer, f"agent:{cast.magazine.owner.user_id}")
