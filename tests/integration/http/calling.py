"""Calling the API in tests."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from ringround.infra import clock
from ringround.kernel.ids import hash_token, new_token
from ringround.orgs.actor import Actor
from ringround.orgs.models import ApiToken


def token_for(actor: Actor, **more: Any) -> str:
    """A live token of this actor."""
    raw = new_token("rr")
    assert actor.home is not None
    ApiToken.objects.create(
        organisation=actor.home,
        user=actor.user,
        name="test",
        token_hash=hash_token(raw),
        created_at=clock.real_now(),
        **{"scopes": ["*"], **more},
    )
    return raw


@dataclass
class Caller:
    """Calls the API as somebody."""

    token: str | None
    headers: dict[str, str] = field(default_factory=dict)
    client: Client = field(default_factory=lambda: Client(raise_request_exception=True))

    def __call__(self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str) -> Any:
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        return self.client.generic(
            method, f"/api/v1{path}", data, sent.pop("Content-Type", "application/json"), headers=sent
        )
