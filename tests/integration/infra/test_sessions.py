"""Sessions: whatever a cookie holds, it is a session or none."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

# The octal form of a cookie's value carries any character, a nul among them.
ODD = [
    '"\\000aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"',
    '"\\012aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"',
    "å" * 32,
    "A" * 32,
    "a" * 9000,
    "",
]


@pytest.mark.parametrize("value", ODD)
def test_a_cookie_that_is_no_key_of_ours_is_no_session(value: str) -> None:
    client = Client(headers={"cookie": f"sessionid={value}"})
    assert client.get("/").status_code == 302
    assert client.get("/api/v1/me").status_code == 401


def test_a_session_is_found_again_by_its_key() -> None:
    from ringround.infra.sessions import SessionStore

    made = SessionStore()
    made["kept"] = 1
    made.save()
    assert SessionStore(made.session_key)["kept"] == 1
