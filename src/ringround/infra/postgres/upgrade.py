"""Bring embedded data of an older PostgreSQL to the programs that are here now, by copying it out and in."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ringround.infra.postgres import dump
from ringround.infra.postgres.errors import NoPrograms, PostgresError
from ringround.infra.postgres.programs import Programs, find_major
from ringround.infra.postgres.server import DATABASE, UPGRADED, Server


def upgrade(data: Path, programs: Programs) -> Path | None:
    """Upgrade the data in `data`; where the old data is now, or None when there was nothing to do.

    The old data is not touched: 1. its own programs serve it while it is copied out; 2. the copy is read into new
    data beside it; 3. two renames put the new in its place. A crash before 3 leaves the old as it was.
    """
    target = Server(data, programs=programs)
    made = target.data_major()
    if made is None or made == programs.major:
        return None
    if made > programs.major:
        raise PostgresError(
            f"the data is of PostgreSQL {made} and the programs are only {programs.version}: use the programs of "
            f"PostgreSQL {made} or later (RINGROUND_POSTGRES_BIN)"
        )
    before = find_major(made)
    if before is None:
        raise NoPrograms(
            f"the data is of PostgreSQL {made}, and its own programs are needed once more to read it: install them "
            f"(Debian and Ubuntu: `apt install postgresql-{made}`), run `ringround upgrade-db`, then remove them"
        )
    fresh = Server(data, programs=programs, cluster=UPGRADED)
    kept = target.cluster.with_name(f"cluster.{made}")
    if kept.exists():
        raise PostgresError(f"{kept} is already there, from an earlier upgrade: remove it or move it away")
    with tempfile.TemporaryDirectory(prefix="upgrade-", dir=target.home) as folder:
        file = Path(folder) / "database.dump"
        with Server(data, programs=before) as old:
            dump.dump(old.dsn, file, programs)
        fresh.discard()
        with fresh:
            dump.load(fresh.dsn_for(DATABASE), file, programs)
    target.cluster.rename(kept)
    fresh.cluster.rename(target.cluster)
    return kept
