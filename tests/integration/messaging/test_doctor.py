"""What `doctor` says of transports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ringround.infra import clock
from ringround.messaging import doctor
from ringround.messaging.models import Message

pytestmark = pytest.mark.django_db


def levels(check: Any) -> dict[str, str]:
    return {one.check: one.level for one in check(None)}


def test_what_answers_is_well_and_what_does_not_says_so(org: Any, transport: Callable[..., Any]) -> None:
    assert levels(doctor.transports) == {"SMS": "ok", "e-mail": "ok"}
    transport(org, name="Good")
    settings = {"host": "127.0.0.1", "port": 1, "tls": "none"}
    transport(org, "email", "smtp", name="Bad", settings=settings)
    transport(org, "email", "smtp", name="Off", settings=settings, active=False)
    assert levels(doctor.transports) == {"SMS: Good of Charity": "ok", "e-mail: Bad of Charity": "fault"}


def test_messages_that_should_have_gone_are_counted(org: Any, transport: Any, queue: Any) -> None:
    transport(org)
    queue()
    assert levels(doctor.outbox) == {"messages": "ok"}
    Message.objects.update(next_at=clock.now() - timedelta(hours=1))
    assert levels(doctor.outbox) == {"messages": "warning"}
