"""Runs, and the addresses at which programs start journeys, over HTTP."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from ringround.http.kit import ApiRequest, Id, Router, Status
from ringround.http.kit import own_body as own
from ringround.journeys import actions, queries
from ringround.journeys.api.shapes import RunWhole, Taken
from ringround.kernel.errors import Invalid, TooLarge
from ringround.kernel.messages import N_

MAX_HOOK = 64 * 1024

runs_router = Router(tags=["Journeys"])
hooks_router = Router(tags=["Journeys"])


@runs_router.get("/{run_id}", response=RunWhole, summary="A run with its steps")
def run(request: ApiRequest, run_id: Id) -> object:
    return _run(request, run_id)


@runs_router.post("/{run_id}/stop", response=RunWhole, summary="End a run")
def run_stop(request: ApiRequest, run_id: Id) -> object:
    """It ends in the engine's next round."""
    actions.run_stop(actor=request.actor, run_id=run_id)
    return _run(request, run_id)


@runs_router.post("/{run_id}/retry", response=RunWhole, summary="Try a parked run again")
def run_retry(request: ApiRequest, run_id: Id) -> object:
    """Where it stands."""
    actions.run_retry(actor=request.actor, run_id=run_id)
    return _run(request, run_id)


@hooks_router.post("/{token}", auth=None, response={202: Taken}, summary="Start a journey from another program")
@own
def hook(request: HttpRequest, token: str) -> object:
    """JSON of at most 64 kB. The header `Idempotency-Key` (or `webhook-id`) is the sender's id of what happened: the
    same again is recognised for 30 days; without one the very same body for ten minutes."""
    size = request.headers.get("Content-Length", "0")
    if not size.isdecimal() or int(size) > MAX_HOOK:
        raise TooLarge(N_("At most %(kb)s kB.", kb=MAX_HOOK // 1024))
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        raise Invalid.one(("body",), "malformed_json", N_("The body is not JSON.")) from None
    if not isinstance(body, dict):
        raise Invalid.one(("body",), "wrong_type", N_("This has the wrong type."))
    key = request.headers.get("Idempotency-Key") or request.headers.get("webhook-id")
    done = actions.hook_receive(token=token, body=body, key=key)
    return Status(202, {"leads": done.leads, "repeated": done.repeated})


def _run(request: ApiRequest, run_id: UUID) -> dict[str, Any]:
    found = queries.run_get(actor=request.actor, run_id=run_id)
    steps = queries.run_way(actor=request.actor, run_id=run_id)
    return {
        **queries.run_json(found),
        "steps": [
            {"at": one.at, "node": one.node, "out": one.out, "outcome": one.outcome, "reason": one.reason}
            for one in steps
        ],
    }
