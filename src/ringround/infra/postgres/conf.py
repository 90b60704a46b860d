"""The server's settings: for a small machine that also runs everything else, scaled by its memory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

MB = 1024 * 1024
# What all but the web's threads may want: worker, relay, journeys, administrators.
MAX_CONNECTIONS = 60


def memory() -> int:
    """Bytes this process may use: the machine's, or the container's when that is less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes")):
        try:
            total = min(total, int(limit.read_text()))
        except (OSError, ValueError):
            continue
    return total


def settings(*, sockets: Path, log: Path, total: int, extra: Mapping[str, str]) -> dict[str, str]:
    """Name -> value for `ringround.conf`; `extra` wins (tests turn fsync off there)."""

    def share(part: int, low: int, high: int) -> str:
        return f"{max(low, min(high, total // part // MB))}MB"

    return {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "max_connections": str(MAX_CONNECTIONS),
        "shared_buffers": share(8, 32, 1024),
        "effective_cache_size": share(2, 64, 65536),
        "maintenance_work_mem": share(32, 32, 512),
        "work_mem": "8MB",
        # Reports must not take both cores from the hand-out.
        "max_parallel_workers_per_gather": "1",
        "jit": "off",
        "random_page_cost": "1.1",
        "wal_compression": "on",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "10min",
        # A committed lead is never lost, not by a kill and not by a power cut.
        "fsync": "on",
        "synchronous_commit": "on",
        # Lead rows change all day; an old snapshot or late vacuum slows every claim.
        "autovacuum_naptime": "20s",
        "autovacuum_vacuum_scale_factor": "0.05",
        "autovacuum_vacuum_cost_limit": "1000",
        "idle_in_transaction_session_timeout": "2min",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        "logging_collector": "on",
        "log_directory": str(log),
        # A week of logs, one file a weekday.
        "log_filename": "postgresql-%a.log",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_truncate_on_rotation": "on",
        # Statements and the details of errors carry personal values; they stay out of the log.
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_statement": "none",
        **extra,
    }


def text(values: Mapping[str, str]) -> str:
    """The settings as PostgreSQL reads them."""
    lines = ["# Written at every start. Settings of your own go into local.conf beside this file."]
    for name, value in values.items():
        quoted = value.replace("'", "''")
        lines.append(f"{name} = '{quoted}'")
    return "\n".join(lines) + "\n"
