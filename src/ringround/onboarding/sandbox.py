"""The sandbox of payments has its say: what it does by itself when time has come, and its webhooks, by HTTP to our own
address as a provider's come.

What is not taken is told again, later each time (`AGAIN`, business time), and given up after the last.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event as Flag

from django.db import DatabaseError, InterfaceError, connection

from ringround.infra import clock, outbound
from ringround.onboarding.accounts import account_of
from ringround.onboarding.gateways.sandbox import books
from ringround.onboarding.gateways.sandbox.webhooks import HEADER, signature
from ringround.onboarding.models import SandboxNotice

log = logging.getLogger(__name__)

# So few that telling them one after the other cannot outlast their lease.
AT_ONCE = 4
LEASE = timedelta(seconds=60)
IDLE_S, FAULT_S = 0.5, 2.0
AGAIN = (
    timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30),
    timedelta(hours=2), timedelta(hours=8), timedelta(hours=21),
)  # fmt: skip

# Address, headers and body to the status of the answer, or to a word why there is none.
Post = Callable[[str, Mapping[str, str], bytes], int | str]


def by_http(url: str, headers: Mapping[str, str], body: bytes) -> int | str:
    """To our own address, wherever the operator has it."""
    try:
        return outbound.send("POST", url, headers=headers, body=body, ours=True).status
    except outbound.Unsent as fault:
        return fault.code


_post: Post = by_http


@contextmanager
def posting_by(post: Post) -> Iterator[None]:
    """Webhooks go by `post` instead: for tests without a server."""
    global _post
    before, _post = _post, post
    try:
        yield
    finally:
        _post = before


def sandbox_due(now: datetime) -> bool:
    """Do and tell what is due; whether there was anything. Several may run side by side."""
    acted = books.act_due(now)
    told = tell_due(now)
    return bool(acted or told)


def tell_due(now: datetime) -> int:
    """Tell what is to be told; how many. Nothing is locked while somebody listens."""
    real = clock.real_now()
    with books.writing():
        waiting = SandboxNotice.objects.select_for_update(skip_locked=True).filter(next_at__lte=now)
        ids = [
            row.id
            for row in waiting.order_by("next_at", "id")[:AT_ONCE]
            if row.lease_until is None or row.lease_until <= real
        ]
        SandboxNotice.objects.filter(id__in=ids).update(lease_until=real + LEASE)
    for notice in SandboxNotice.objects.filter(id__in=ids).select_related("order__account").order_by("next_at", "id"):
        said = _tell(notice)
        notice.said, notice.lease_until = str(said), None
        taken = isinstance(said, int) and 200 <= said < 300
        last = notice.forged or notice.tries >= len(AGAIN)
        notice.next_at = None if taken or last else now + AGAIN[notice.tries]
        notice.tries += 1
        notice.save(update_fields=["said", "lease_until", "next_at", "tries"])
    return len(ids)


def _tell(notice: SandboxNotice) -> int | str:
    account = account_of(notice.order.account)
    if account is None or not account.webhook_secrets:
        return "no_secret"
    body = notice.body.encode()
    # The window is real time's, whatever the business clock says.
    seconds = int(clock.real_now().timestamp())
    secret = b"somebody else's" if notice.forged else account.webhook_secrets[0].encode()
    headers = {"Content-Type": "application/json", HEADER: f"t={seconds},v1={signature(secret, seconds, body)}"}
    return _post(account.webhook_url, headers, body)


def run(stop: Flag) -> None:
    """Until told to stop, in the worker. A lost database is waited for, a fault is logged and outlived."""
    while not stop.is_set():
        try:
            if not sandbox_due(clock.now()):
                stop.wait(IDLE_S)
        except (DatabaseError, InterfaceError):
            log.exception("the sandbox has lost the database; it goes on")
            connection.close()
            stop.wait(FAULT_S)
        except Exception:
            log.exception("the sandbox stumbled; it goes on")
            stop.wait(FAULT_S)
    connection.close()
