"""What payment providers tell us: taken in as fast as can be, and applied afterwards, in order.

Taking in is one look at the account (kept for moments) and one insert, which calls of the same moment make jointly;
nothing is locked. Applying is the relay's: what means a change of rows alone by the round's worth in one transaction,
the rest each in its own; of one thing the earlier first. One that cannot be applied fails alone.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError

from ringround.infra import sql
from ringround.infra.jointly import Jointly
from ringround.infra.unit import unit
from ringround.kernel.errors import NotFound, Unauthenticated
from ringround.kernel.ids import new_id_text
from ringround.kernel.messages import N_
from ringround.onboarding.accounts import account_of
from ringround.onboarding.actions.agreements.said import rail_said
from ringround.onboarding.actions.agreements.together import rails_said
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import Account, SignatureError
from ringround.onboarding.gateways.port import GatewayEvent as Told
from ringround.onboarding.models import GatewayAccount, GatewayEvent

log = logging.getLogger(__name__)

# For so long an account is not read again; a signature that is wrong by what is kept is looked at anew.
KEPT_S = 2.0
MOST_KEPT = 1_000
LEAST_WEBHOOK = 65_536
# How much one round of the relay applies, and how long it may take at the most: others have their turn.
AT_ONCE, ROUND_S = 200, 0.5
# Tries of one that raises, and how long one is kept that is about nothing we know yet.
MOST_TRIES = 8
UNKNOWN_FOR = timedelta(days=2)
MAX_DETAIL = 500
# For so long a call that is taken in waits for others (docs/adr/0261).
WAIT_S = 0.008

_kept: dict[tuple[str, str], tuple[float, Account]] = {}

_Row = tuple[str, UUID, str, str, str, str, str, datetime | None, datetime]
_COLUMNS = ("ids", "accounts", "event_ids", "kinds", "refs", "reasons", "data", "times", "ats")


def most_of(kind: str) -> int:
    """The largest body that a kind of provider sends, in bytes."""
    drawer = DRAWERS.get(kind)
    return drawer.most_webhook if drawer is not None else LEAST_WEBHOOK


def webhook_called(
    *, kind: str, slug: str, headers: Mapping[str, str], raw: bytes, path: str, now: datetime, real: datetime
) -> int:
    """Take in what a provider says; how much of it is to be applied. NotFound for an account that there is not,
    Unauthenticated `bad_signature` for what is not signed by its provider: of that nothing is kept but the count.
    `path`: as it was called, with its query. `real`: the machine's time, which signatures go by."""
    drawer = DRAWERS.get(kind)
    view, fresh = _account(kind, slug)
    if drawer is None or view is None:
        raise NotFound("gateway")
    url = f"{settings.RINGROUND.base_url}{path}"
    try:
        try:
            told = drawer.verify_webhook(view, headers, raw, url, real)
        except SignatureError:
            # The secret may have been exchanged a moment ago.
            view, _ = (view, True) if fresh else _account(kind, slug, anew=True)
            if fresh or view is None:
                raise
            told = drawer.verify_webhook(view, headers, raw, url, real)
    except SignatureError as fault:
        assert view is not None
        sql.run("onboarding", "webhook_forged", account=view.id)
        log.warning("a call to %s/%s is not signed by its provider: %s", kind, slug, fault.code)
        raise Unauthenticated(N_("The signature is not the provider's."), code="bad_signature") from None
    return events_add(account_id=view.id, told=told, now=now)


def events_add(*, account_id: UUID, told: Sequence[Told], now: datetime) -> int:
    """Write down what an account's provider says; what is there already is not written again. How many were given. It
    is committed then, or part of the transaction that is open."""
    if told:
        _taken.write([
            (
                new_id_text(), account_id, _text(one.event_id), _text(one.kind), _text(one.ref), _text(one.reason_code),
                json.dumps(_data(one)).replace("\\u0000", ""), one.occurred_at, now,
            )
            for one in told
        ])  # fmt: skip
    return len(told)


def _events_write(calls: Sequence[Sequence[_Row]]) -> None:
    """What so many calls have said, in the order of the events' own ids: two that write the same ones do not wait for
    each other in turn. The order in which they were told is that of our ids."""
    rows = sorted((row for call in calls for row in call), key=itemgetter(1, 2))
    columns = (list(column) for column in zip(*rows, strict=True))
    sql.run("onboarding", "events_add", **dict(zip(_COLUMNS, columns, strict=True)))


_taken = Jointly(_events_write, wait_s=WAIT_S)


def events_apply(*, now: datetime) -> bool:
    """Apply what is due, a round's worth; whether more waits."""
    end = time.monotonic() + ROUND_S
    due = [row["id"] for row in sql.rows("onboarding", "events_due", now=now, limit=AT_ONCE)]
    for one in _together(due, now) if due else ():
        event_apply(event_id=one, now=now)
        if time.monotonic() > end:
            break
    return bool(due)


def _together(due: list[UUID], now: datetime) -> list[UUID]:
    """Apply in one transaction what can be; those that are left, in their order. Where one of them raises, all are
    left: alone, that one fails alone."""
    try:
        with unit():
            return rails_said(ids=due, now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("%s payment events cannot be applied together", len(due))
        return due


def event_apply(*, event_id: UUID, now: datetime) -> str:
    """Apply one event, in a transaction of its own; its state afterwards. What raises is put back, and given up after
    some tries."""
    try:
        with unit():
            return _apply(event_id, now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("payment event %s cannot be applied", event_id)
        return _put_back(event_id, now)


# Who may have to do with an event, in the order of locks: the session it completes, then what came of it. True: it
# changed something; False: known, and nothing changed; None: not about anything known here.
Hearer = Callable[..., bool | None]
HEARERS: list[Hearer] = [rail_said]


def _apply(event_id: UUID, now: datetime) -> str:
    row = (
        GatewayEvent.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("account")
        .filter(id=event_id, state="received")
        .first()
    )
    if row is None:
        return "received"
    said: list[bool | None] = []
    for hear in HEARERS:
        said.append(hear(row=row, now=now))
        if said[-1]:
            break
    if any(said):
        row.state = "applied"
    elif False in said:
        row.state = "ignored"
    elif row.received_at + UNKNOWN_FOR > now:
        # It may have come before the answer to what it is about was noted.
        row.tries += 1
        row.next_at = min(now + _pause(row.tries), row.received_at + UNKNOWN_FOR)
        row.save(update_fields=["tries", "next_at"])
        return row.state
    else:
        row.state = "ignored"
        row.data = {**row.data, "unknown": True}
    row.applied_at = now
    row.save(update_fields=["state", "applied_at", "data"])
    return row.state


def _put_back(event_id: UUID, now: datetime) -> str:
    with unit():
        row = GatewayEvent.objects.select_for_update(no_key=True).filter(id=event_id, state="received").first()
        if row is None:
            return "received"
        row.tries += 1
        if row.tries >= MOST_TRIES:
            row.state, row.applied_at = "failed", now
        else:
            row.next_at = now + _pause(row.tries)
        row.save(update_fields=["tries", "state", "applied_at", "next_at"])
        return row.state


def _pause(tries: int) -> timedelta:
    """2, 4, 8 … seconds, at most an hour."""
    return timedelta(seconds=min(2 ** min(tries, 12), 3600))


def _account(kind: str, slug: str, *, anew: bool = False) -> tuple[Account | None, bool]:
    """The account as its drawer sees it, and whether it was read just now."""
    key = (kind, slug)
    found = _kept.get(key)
    if found is not None and not anew and time.monotonic() - found[0] < KEPT_S:
        return found[1], False
    row = GatewayAccount.objects.filter(kind=kind, slug=slug).first() if len(slug) <= 100 else None
    view = account_of(row) if row is not None else None
    if view is None:
        _kept.pop(key, None)
        return None, True
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    _kept[key] = (time.monotonic(), view)
    return view, True


def _data(told: Told) -> dict[str, Any]:
    """What an event says beside its kind, without what is empty."""
    facts = {
        "reference": told.reference,
        "mandate_ref": told.mandate_ref,
        "detail": told.detail[:MAX_DETAIL],
        "actor": told.actor,
        "amount": told.amount,
        "in_all": told.in_all or None,
        "currency": told.currency,
        "instrument": told.instrument,
        "raw": dict(told.raw),
    }
    return {name: value for name, value in facts.items() if value not in ("", None, {})}


def _text(value: str) -> str:
    """As far as it can be stored."""
    return value.replace("\0", "").encode("utf-8", "replace").decode()
