"""What became of what was sent out."""

from __future__ import annotations

import json
from uuid import UUID

from django.db import transaction

from ringround.infra import clock, sql

# Trying again would be answered the same way.
_FINAL = frozenset({"bad_url", "private_target", "redirect"})


@transaction.atomic
def outbox_done(*, outbox_id: UUID, claim_no: int, status: int | None, error: str) -> None:
    """Note one try; the run goes on by it. The run's own three tries are the interpreter's: each is a row made anew."""
    final = error in _FINAL or (status is not None and 400 <= status < 500 and status not in (408, 425, 429))
    data = {
        "status": "failed" if error else "ok",
        "reason": error and (str(status) if status else error),
        "final": final,
    }
    sql.run(
        "journeys", "outbox_done", id=outbox_id, claim_no=claim_no, state="failed" if error else "done", status=status,
        error=error, at=clock.now(), data=json.dumps(data),
    )  # fmt: skip
