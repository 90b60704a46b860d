"""Idempotency keys: a write sent twice happens once, and both senders get the same answer.

One transaction holds the key's row, everything the write does, and the stored answer. So

- a crash half-way takes the row with the write: the second try finds nothing and runs;
- a crash after the commit, before the answer is out: the second try finds the answer;
- two at once: both insert, the unique index makes the second wait until the first has committed (then it replays) or
  rolled back (then it runs). It waits at most `WAIT_MS`, then says `key_in_use`.

There is no moment at which the write has happened and the key is unknown. It would be otherwise if the row were written
before or after in a transaction of its own: then a crash between the two makes the retry run the write again, or never.

Refusals (404, 409, 422 …) are stored too: same key, same answer. What says only "not now" is not: 401, 429, 5xx, and
`NotNow`.

A route that calls somebody outside (`kit.calls_out`) cannot be one transaction: a lock would be held for as long as the
other takes, and a refusal would take back that it was begun. Its key's row is committed first, as under way; then it
runs, in steps of its own, and its answer is stored. Who asks meanwhile is told `key_in_use`. When its process was
killed, the next one after `LOST` runs it again: such steps know what they have begun.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse

from ringround.http.models import IdempotencyKey
from ringround.http.ports import Asker
from ringround.infra import clock, secrets, sql
from ringround.infra.secrets import Cipher
from ringround.infra.unit import unit
from ringround.kernel.errors import Conflict, Invalid, NotNow, RingroundError
from ringround.kernel.messages import N_

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
# Real time, as all that protects and is not business.
KEPT = timedelta(hours=24)
WAIT_MS = 5_000
# Longer than any call outside takes with all its tries.
LOST = timedelta(minutes=3)
_KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")
_LOCK_NOT_AVAILABLE = "55P03"
# Belong to one answer on the wire, not to what it says.
_UNSTORED_HEADERS = frozenset(
    {"content-length", "set-cookie", "vary", "date", "connection", "ringround-request-id", "x-frame-options"}
)
_UNSTORED_STATUS = frozenset({401, 429})


@dataclass(frozen=True, slots=True)
class _Stored:
    request_hash: str
    status: int
    headers: dict[str, str]
    body: bytes


def owner_of(asker: Asker) -> str:
    """Keys are of the token's user: another token of the same user is the same owner."""
    if asker.user_id is not None:
        return f"user:{asker.user_id}"
    return f"system:{asker.system_id or asker.org_id}"


def once(asker: Asker, key: str, run: Callable[[], HttpResponse], fingerprint: str = "") -> HttpResponse:
    """Run a write once for this key; the answer, or the answer it had the first time.

    `fingerprint` is what must be the same for it to be the same request. An empty key runs it plainly. A refusal that
    `run` raises goes through and leaves nothing behind.
    """
    if not key:
        return run()
    _check(key)
    owner = owner_of(asker)
    hashed = _hashed(asker, fingerprint)
    # The key's row, what the write does and the stored answer: one unit, which a refusal takes back whole.
    with unit():
        if not _claim(owner, key, hashed):
            return _replay(_load(owner, key), hashed)
        response = run()
        if _keeps(response):
            _store(owner, key, response)
        else:
            _forget(owner, key)
    return response


def once_with_refusals(
    asker: Asker,
    key: str,
    run: Callable[[], HttpResponse],
    fingerprint: str,
    refused: Callable[[RingroundError], HttpResponse],
    refusal: Callable[[Exception], RingroundError],
    *,
    outside: bool = False,
) -> HttpResponse:
    """`once` for the API, where a refusal is an answer as any other, kept and replayed. `outside`: it calls somebody
    outside, and runs in no transaction of ours."""

    def answered() -> HttpResponse:
        try:
            if outside:
                return run()
            # Since the refusal is caught here: half a write must not be committed with it.
            with unit(inner=True):
                return run()
        except Exception as error:
            known = refusal(error)
            if known.status >= 500 or known.status in _UNSTORED_STATUS or isinstance(known, NotNow):
                raise known from error
            return refused(known)

    return (_once_outside if outside else once)(asker, key, answered, fingerprint)


def _once_outside(asker: Asker, key: str, run: Callable[[], HttpResponse], fingerprint: str) -> HttpResponse:
    """`once`, with the key's row committed before it runs and the answer after it."""
    _check(key)
    owner = owner_of(asker)
    hashed = _hashed(asker, fingerprint)
    with unit():
        if not _claim(owner, key, hashed):
            return _replay(_load(owner, key), hashed)
    kept = False
    try:
        response = run()
        if _keeps(response):
            with unit():
                _store(owner, key, response)
            kept = True
        return response
    finally:
        if not kept:
            _forget(owner, key)


def fingerprint(request: HttpRequest) -> str:
    """What makes two requests the same: method, address, body. A form counts by its parts, not by its bytes, since its
    boundary is drawn anew each time it is sent."""
    digest = hashlib.sha256(f"{request.method}\n{request.get_full_path()}\n".encode())
    if request.content_type == "multipart/form-data":
        for name, values in sorted(request.POST.lists()):
            _add(digest, name, *values)
        for name, files in sorted(request.FILES.lists()):
            for file in files:
                _add(digest, name, file.name or "", _file_hash(file))
    else:
        digest.update(request.body)
    return digest.hexdigest()


def clean_up() -> bool:
    """Delete keys past their day, a batch at a time; whether there is more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM http_idempotency_key WHERE id IN"
            " (SELECT id FROM http_idempotency_key WHERE created_at < %s ORDER BY created_at LIMIT 1000)",
            [clock.real_now() - KEPT],
        )
        return bool(cursor.rowcount == 1000)


def _hashed(asker: Asker, fingerprint: str) -> str:
    return hashlib.sha256(f"{asker.org_id}\n{fingerprint}".encode()).hexdigest()


def _keeps(response: HttpResponse) -> bool:
    return response.status_code < 500 and response.status_code not in _UNSTORED_STATUS and not response.streaming


def _forget(owner: str, key: str) -> None:
    IdempotencyKey.objects.filter(owner=owner, key=key).delete()


def _check(key: str) -> None:
    if not _KEY.fullmatch(key):
        raise Invalid.one(
            ("header", HEADER),
            "bad_key",
            N_("A key has 1 to 255 printable ASCII characters and no spaces at its ends."),
        )


def _claim(owner: str, key: str, hashed: str) -> bool:
    """Insert the row, waiting for another who is inserting it; whether it is ours."""
    now = clock.real_now()
    try:
        found = sql.run(
            "http", "key_claim", owner=owner, key=key, hash=hashed, now=now, old=now - KEPT, lost=now - LOST,
            wait=f"{WAIT_MS}ms",
        )  # fmt: skip
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        raise Conflict("key_in_use", N_("A request with this key is still under way.")) from error
    return found == 1


def _load(owner: str, key: str) -> _Stored:
    row = IdempotencyKey.objects.filter(owner=owner, key=key).first()
    if row is None or row.status is None or row.body is None:
        # Under way outside; or deleted between the two statements: by the clean-up, or since its answer was not one to
        # keep.
        raise Conflict("key_in_use", N_("A request with this key is still under way."))
    body = _cipher().decrypt(bytes(row.body).decode("ascii")).encode("latin-1")
    return _Stored(row.request_hash, row.status, dict(row.headers), body)


def _replay(stored: _Stored, hashed: str) -> HttpResponse:
    if stored.request_hash != hashed:
        raise Conflict("key_reused", N_("This key was used for another request."))
    response = HttpResponse(stored.body, status=stored.status)
    for name, value in stored.headers.items():
        response[name] = value
    if "content-type" not in {name.lower() for name in stored.headers}:
        del response["Content-Type"]
    response[REPLAYED] = "true"
    return response


def _store(owner: str, key: str, response: HttpResponse) -> None:
    headers = {name: value for name, value in response.items() if name.lower() not in _UNSTORED_HEADERS}
    # Encrypted: an answer may be a new token, shown once and otherwise stored hashed. latin-1 carries any bytes.
    body = _cipher().encrypt(response.content.decode("latin-1")).encode("ascii")
    sql.run(
        "http", "key_answer", owner=owner, key=key, status=response.status_code, headers=json.dumps(headers), body=body
    )


@cache
def _cipher() -> Cipher:
    return secrets.cipher(settings.RINGROUND)


def _add(digest: Any, *parts: str) -> None:
    # Lengths between the parts, so that ("ab", "c") is not ("a", "bc").
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(f"{len(raw)}:".encode() + raw)


def _file_hash(file: UploadedFile[Any]) -> str:
    digest = hashlib.sha256()
    chunks: Iterable[bytes] = file.chunks()
    for chunk in chunks:
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
