"""What `ringround doctor` looks at: checks that say what is well, what is not, and what to do about it.

A room adds its own (the exchange, messages) as `CHECKS` in its module `doctor`; `config.wiring` collects them.
"""

from __future__ import annotations

import shutil
import smtplib
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from django.db import connection

from ringround.infra import audit, clock, secrets
from ringround.infra.models import ParkedReaction

Level = Literal["ok", "warning", "fault"]
OLDEST_SERVER = 150000
EXTENSIONS = ("pg_trgm",)
# A snapshot this old keeps dead rows from being cleared, and every claim walks over them (measured: 17 times slower
# after 36 s of a busy campaign).
OLD_SNAPSHOT_S = 120
LEAST_DISK = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `advice` says what to do when it is not well."""

    check: str
    level: Level
    text: str
    advice: str = ""


# Takes the product's settings (`config.env.Settings`).
Check = Callable[[Any], Iterable[Finding]]


def database(settings: Any) -> Iterable[Finding]:
    """Version, extensions, connections, old snapshots."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int")
        version = cursor.fetchone()[0]
    shown = f"PostgreSQL {version // 10000}.{version % 10000}, {'your own' if settings.database_url else 'embedded'}"
    if version < OLDEST_SERVER:
        yield Finding("database", "fault", f"{shown} is too old", "Upgrade it to PostgreSQL 15 or later.")
    else:
        yield Finding("database", "ok", shown)
    with connection.cursor() as cursor:
        cursor.execute("SELECT extname FROM pg_extension")
        there = {name for (name,) in cursor.fetchall()}
        if missing := [name for name in EXTENSIONS if name not in there]:
            advice = (
                f"As its administrator, run CREATE EXTENSION {missing[0]} in the database, then `ringround migrate`."
            )
            yield Finding("database extensions", "fault", f"{', '.join(missing)} not installed", advice)
        cursor.execute(
            "SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity WHERE backend_type = %s",
            ["client backend"],
        )
        used, most = cursor.fetchone()
        full = used > most * 0.8
        advice = "Raise max_connections, or lower RINGROUND_WEB_WORKERS and RINGROUND_WEB_THREADS." if full else ""
        yield Finding("database connections", "warning" if full else "ok", f"{used} of {most} in use", advice)
        cursor.execute(
            "SELECT pid, extract(epoch FROM now() - xact_start)::int FROM pg_stat_activity"
            " WHERE backend_xmin IS NOT NULL AND xact_start IS NOT NULL ORDER BY xact_start LIMIT 1"
        )
        oldest = cursor.fetchone()
    if oldest and oldest[1] > OLD_SNAPSHOT_S:
        advice = (
            f"Whatever it is (a report, a backup, a forgotten session) slows the hand-out: end it, process {oldest[0]}."
        )
        yield Finding("oldest transaction", "warning", f"{oldest[1]} s old", advice)
    else:
        yield Finding("oldest transaction", "ok", f"{oldest[1] if oldest else 0} s old")


def clocks(settings: Any) -> Iterable[Finding]:
    """The database's clock against ours, and the demo's virtual clock."""
    with connection.cursor() as cursor:
        before = datetime.now(UTC)
        cursor.execute("SELECT clock_timestamp()")
        theirs = cursor.fetchone()[0]
        after = datetime.now(UTC)
    apart = max((before - theirs).total_seconds(), (theirs - after).total_seconds(), 0.0)
    if apart > 2:
        advice = "Keep both machines' clocks right with NTP: leases and windows are reckoned by them."
        yield Finding("clock", "fault", f"the database's clock is {apart:.0f} s off ours", advice)
    else:
        yield Finding("clock", "ok", "ours and the database's agree")
    if clock.is_virtual():
        yield Finding("virtual clock", "warning", f"business time is {clock.now():%Y-%m-%d %H:%M} UTC", "Demo only.")


def mail(settings: Any) -> Iterable[Finding]:
    """Whether the mail server answers and takes our sign-in. No mail is sent."""
    server = settings.email_url
    if server is None:
        advice = "Set RINGROUND_EMAIL_URL so that invitations and password links reach people."
        yield Finding("mail", "warning", f"mails are only written to {settings.data / 'mail'}", advice)
        return
    try:
        kind = smtplib.SMTP_SSL if server.tls else smtplib.SMTP
        with kind(server.host, server.port, timeout=10) as talk:
            if server.starttls:
                talk.starttls(context=ssl.create_default_context())
            if server.user:
                talk.login(server.user, server.password)
            talk.noop()
    except (OSError, smtplib.SMTPException) as fault:
        advice = "Check RINGROUND_EMAIL_URL, and that this machine may reach the mail server."
        yield Finding("mail", "fault", f"{server.host}:{server.port} does not take our mail: {fault}", advice)
    else:
        yield Finding("mail", "ok", f"{server.host}:{server.port} answers")


def keys(settings: Any) -> Iterable[Finding]:
    """The key files: there, whole, and nobody else's."""
    try:
        counted = len(secrets.secret_keys(settings)), len(secrets.encryption_keys(settings))
        secrets.cipher(settings)
    except secrets.KeyTrouble as trouble:
        yield Finding("keys", "fault", str(trouble), "Put the key file back from where you keep it.")
        return
    if open_files := secrets.exposed(settings):
        names = " ".join(map(str, open_files))
        yield Finding("keys", "warning", f"others may read {names}", f"Run `chmod 600 {names}`.")
    else:
        yield Finding("keys", "ok", f"{counted[0]} for signing, {counted[1]} for encrypting")


def readable(settings: Any, check: str, tokens: Iterable[str]) -> Iterable[Finding]:
    """Whether our keys open what a room has stored encrypted: after a restore they may be others, made anew."""
    try:
        cipher = secrets.cipher(settings)
    except secrets.KeyTrouble:
        return  # `keys` tells it.
    counted = lost = 0
    for token in tokens:
        counted += 1
        try:
            cipher.decrypt(token)
        except secrets.KeyTrouble:
            lost += 1
    if lost:
        advice = (
            "Put the key file that belongs to this database back from where you keep it; several keys may stand in it."
        )
        yield Finding(check, "fault", f"{lost} of {counted} cannot be read with the keys that are here", advice)
    else:
        yield Finding(check, "ok", f"{counted}, all readable")


def reactions(settings: Any) -> Iterable[Finding]:
    """What a change should have brought about elsewhere and could not."""
    failed = list(ParkedReaction.objects.exclude(error="").order_by("seq")[:3])
    if not failed:
        yield Finding("reactions", "ok", "none failed")
        return
    counted = ParkedReaction.objects.count()
    first = "; ".join(f"{one.reaction} on event {one.seq}: {one.error}" for one in failed)
    advice = (
        "They are tried again by themselves. When the cause is gone: `ringround reactions retry`; to see all: "
        "`ringround reactions list`."
    )
    yield Finding("reactions", "fault", f"{counted} wait, first {first}", advice)


def disk(settings: Any) -> Iterable[Finding]:
    """Room for the data folder."""
    free = shutil.disk_usage(settings.data).free
    advice = "Make room: with a full disk the database stops." if free < LEAST_DISK else ""
    yield Finding("disk", "warning" if advice else "ok", f"{free / 1e9:.1f} GB free in {settings.data}", advice)


def audit_chain(settings: Any) -> Iterable[Finding]:
    """Every sealed row of the audit, from the first; only on request, since it reads them all."""
    counted, faults = audit.verify()
    for fault in faults:
        advice = "Someone changed the audit in the database. Compare with a backup; find out who had access."
        yield Finding("audit chain", "fault", f"row {fault.seq} is {fault.problem}", advice)
    if not faults:
        yield Finding("audit chain", "ok", f"{counted} rows, unbroken")


CHECKS: tuple[Check, ...] = (database, clocks, mail, keys, reactions, disk)
