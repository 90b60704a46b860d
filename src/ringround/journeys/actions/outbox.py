"""What became of what was sent out."""

from __future__ import annotations

import json
from uuid import UUID

from django.db import transaction

from ringround.infra import clock, sql
from ringround.journeys.rules.answers import is_final, reason_of


@transaction.atomic
def outbox_done(*, outbox_id: UUID, claim_no: int, status: int | None, error: str) -> None:
    """Note one try; the run goes on by it. The run's own three tries are the interpreter's: each is a row made anew."""
    reason = reason_of(status, error)
    data = {"status": "failed" if error else "ok", "reason": reason, "final": is_final(reason)}
    sql.run(
        "journeys", "outbox_done", id=outbox_id, claim_no=claim_no, state="failed" if error else "done", status=status,
        error=error, at=clock.now(), data=json.dumps(data),
    )  # fmt: skip
