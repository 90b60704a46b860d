"""The import of a contact file, against a bare COPY of the same file.

A file of a million rows (`--quick`: 100,000) with a name, two numbers, a city and an external id: Danish numbers written
as people write them (plain, with spaces, with +45, with 0045, quoted by a spreadsheet), one row in a hundred told twice, one
in fifty bad (no number, a number that is none, more cells than the header).

- `rows_per_s`: the file into an empty list by `contacts.actions.import_run`, the very function that a worker calls: the
  whole-file check, every cell read, every number normalised and validated, duplicates found, suppressions asked, the
  rejected rows written, contacts and numbers stored with all their indexes, events told.
- `reimport_rows_per_s`: the same file again into the same list. It must change nothing, which is checked.
- `rss_growth_mb`: how much the process and its parsing processes grow over what they were before the first row, at most,
  in either import.
- `vs_copy`: the share of a bare `COPY` of the same file into a table of text columns without any index.
- `vs_tables`: the share of a `COPY` of the finished rows into the product's own two tables with all their indexes, which
  is the most that any import into them could reach.

Each run is a process of its own, into a database without contacts; what was there before is cleared away and vacuumed, unmeasured.
COPY is timed in the same run.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import phonenumbers as phones
import psycopg

from bench.harness import ROOT, Bench, Goal, arguments, database

GOALS = {
    "rows_per_s": Goal(least=10_000),
    "reimport_vs_import": Goal(least=1),
    "rss_growth_mb": Goal(most=300),
}
HEADERS = ("Navn", "Mobil", "Telefon", "By", "Medlemsnr")
COLUMNS = [
    {"name": "name", "type": "text", "role": "name"},
    {"name": "mobile", "type": "phone"},
    {"name": "home", "type": "phone"},
    {"name": "city", "type": "text", "role": "city"},
    {"name": "member", "type": "external_id"},
]
MAPPING = dict(zip(HEADERS, ("name", "mobile", "home", "city", "member"), strict=True))
FIRST = ("Anne", "Bo", "Søren", "Maja", "Åse", "Ole", "Kirsten", "Jørgen", "Peter", "Mette", "Lærke", "Hans-Henrik")
LAST = ("Hansen", "Sørensen", "Møller", "Ågård", "Nielsen", "Østergaard", "Kjær", "Holm", "Vestergaard", "Bæk")
CITIES = ("Aarhus", "København", "Odense", "Ålborg", "Vejle", "Ærøskøbing", "Næstved", "Horsens", "Kolding", "Ribe")
BAD_EVERY, TWICE_EVERY = 50, 100


def write(path: Path, rows: int) -> None:
    """The file; the same one for the same number of rows."""
    dice = random.Random(7)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(HEADERS) + "\n")
        for line in _rows(dice, rows):
            file.write(line)


def _rows(dice: random.Random, rows: int) -> Iterator[str]:
    # Which numbers of the plan are assigned is decided by their first five digits.
    mobiles, homes = (
        [first for first in range(*span) if phones.is_valid_number(phones.parse(f"{first}123", "DK"))]
        for span in ((20_000, 55_000), (55_000, 90_000))
    )
    kept = ""
    for n in range(rows):
        if n % TWICE_EVERY == 60 and kept:
            yield kept
            continue
        name = f"{dice.choice(FIRST)} {dice.choice(LAST)}"
        mobile, home = (_written(dice, _scattered(plan, n)) for plan in (mobiles, homes))
        city, member = dice.choice(CITIES), f"M{n:07d}"
        match n % (3 * BAD_EVERY):
            case 0:
                yield f"{name},,,{city},{member}\n"
            case 50:
                yield f"{name},12,000,{city},{member}\n"
            case 100:
                yield f"{name},{mobile},{home},{city},{member},too much\n"
            case _:
                line = f"{name},{mobile},{home},{city},{member}\n"
                if n % TWICE_EVERY == 10:
                    kept = line
                yield line


def _scattered(plan: list[int], n: int) -> int:
    """The n-th number: all over the plan, and no two alike, for the prime is no factor of the plan's size."""
    place = n * 4_826_809 % (1000 * len(plan))
    return plan[place // 1000] * 1000 + place % 1000


def _written(dice: random.Random, number: int) -> str:
    text = str(number)
    pairs = " ".join(text[at : at + 2] for at in range(0, 8, 2))
    match dice.randrange(10):
        case 0 | 1 | 2 | 3:
            return text
        case 4 | 5 | 6:
            return pairs
        case 7:
            return f"+45 {pairs}"
        case 8:
            return f"0045{text}"
        case _:
            return f"'{text}"


class Memory:
    """The most that a process and its children have held, looked at twenty times a second."""

    def __init__(self) -> None:
        self.before = self.most = self._now()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def growth_mb(self) -> float:
        return (self.most - self.before) / 2**20

    def _watch(self) -> None:
        while not self._stop.wait(0.05):
            self.most = max(self.most, self._now())

    def _now(self) -> int:
        return sum(self._held(pid) for pid in [os.getpid(), *self._children()])

    @staticmethod
    def _children() -> list[int]:
        return [int(pid) for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()]

    @staticmethod
    def _held(pid: int) -> int:
        try:
            return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        except OSError:
            return 0


def one_run(path: Path, number: int, rows: int) -> dict[str, Any]:
    """Both imports into a new list, in this process; what they took and what they said."""
    import django

    django.setup()
    from ringround.contacts import actions as contacts
    from ringround.infra import clock
    from ringround.orgs.actor import Actor
    from ringround.orgs.models import Membership, Organisation, User

    now = clock.now()
    org = Organisation.objects.create(name=f"Hjælpen {number}", kind="merchant", created_at=now)
    person = User.objects.create(email=f"owner{number}@example.org", name="Owner", language="en")
    Membership.objects.create(organisation=org, user=person, role="owner")
    actor = Actor(user=person, organisation=org, home=org, role="owner")
    listed = contacts.contact_list_create(actor=actor, name="Givere", columns=COLUMNS, region="DK")

    def take() -> tuple[float, dict[str, int]]:
        with path.open("rb") as file:
            started = contacts.import_start(
                actor=actor, list_id=listed.id, file=iter(lambda: file.read(1 << 20), b""), file_name="givere.csv",
                options={"mapping": MAPPING}, queue=False,
            )  # fmt: skip
        begun = time.monotonic()
        assert contacts.import_run(import_id=started.id)
        took = time.monotonic() - begun
        started.refresh_from_db()
        assert started.state == "done", (started.state, started.code, started.detail)
        return took, started.counts

    with Memory() as memory:
        first, counts = take()
        again, recounts = take()
    assert counts["rows"] == rows, counts
    assert counts["new"] + counts["duplicate"] + counts["rejected"] == rows, counts
    assert recounts["new"] == recounts["updated"] == 0, recounts
    assert recounts["rejected"] == counts["rejected"] == sum(1 for n in range(rows) if n % BAD_EVERY == 0), counts
    return {"first": first, "again": again, "growth_mb": memory.growth_mb, "counts": counts, "list": str(listed.id)}


def bare_copy(dsn: str, path: Path) -> float:
    """Seconds to COPY the file, short rows and all, into five text columns."""
    lines = path.read_text("utf-8").replace(",too much\n", "\n").encode()
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute("DROP TABLE IF EXISTS bare_import")
        db.execute("CREATE TABLE bare_import (name text, mobile text, home text, city text, member text)")
        db.execute("CHECKPOINT")
        begun = time.monotonic()
        with db.cursor().copy("COPY bare_import FROM STDIN (FORMAT csv, HEADER)") as copy:
            for at in range(0, len(lines), 1 << 20):
                copy.write(lines[at : at + (1 << 20)])
        return time.monotonic() - begun


def table_copy(dsn: str, list_id: str, folder: Path) -> float:
    """Seconds to COPY the list's finished rows, taken out for it, back into the product's own tables; rolled back."""
    what = {
        "contacts_contact": f"SELECT * FROM contacts_contact WHERE list_id = '{list_id}'",
        "contacts_number": "SELECT n.* FROM contacts_number n JOIN contacts_contact c ON c.id = n.contact_id"
        f" WHERE c.list_id = '{list_id}'",
    }
    took = 0.0
    with psycopg.connect(dsn) as db:
        for table, query in what.items():
            with (folder / table).open("wb") as file, db.cursor().copy(f"COPY ({query}) TO STDOUT") as out:
                for data in out:
                    file.write(data)
        db.execute(
            "DELETE FROM contacts_number WHERE contact_id IN (SELECT id FROM contacts_contact WHERE list_id = %s)",
            [list_id],
        )
        db.execute("DELETE FROM contacts_contact WHERE list_id = %s", [list_id])
        for table in what:
            begun = time.monotonic()
            with (folder / table).open("rb") as file, db.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                while data := file.read(1 << 20):
                    copy.write(data)
            took += time.monotonic() - begun
        begun = time.monotonic()
        db.execute("SET CONSTRAINTS ALL IMMEDIATE")
        took += time.monotonic() - begun
        db.rollback()
    return took


def _clear(dsn: str) -> None:
    """No contacts, as in the first run, and nothing left over for autovacuum to do meanwhile."""
    with psycopg.connect(dsn, autocommit=True) as db:
        db.execute("TRUNCATE contacts_list, contacts_contact, contacts_number CASCADE")
        db.execute("VACUUM (ANALYZE)")
        db.execute("CHECKPOINT")


def main() -> int:
    asked = arguments(__doc__ or "")
    bench = Bench("import", GOALS, asked.quick)
    rows, runs = (100_000, 1) if asked.quick else (1_000_000, 3)
    with database(keep=asked.keep) as server, tempfile.TemporaryDirectory() as where:
        folder = Path(where)
        path = folder / "givere.csv"
        write(path, rows)
        bench.note(rows=rows, file_mb=round(path.stat().st_size / 2**20, 1), postgres=server.programs.version)
        admin = server.dsn_for("ringround", admin=True)
        for run in range(runs):
            _clear(admin)
            script = f"import json; from bench.imports import *; print(json.dumps(one_run(Path({str(path)!r}), {run}, {rows})))"
            done = subprocess.run(
                [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
            )
            said = json.loads(done.stdout)
            copied = bare_copy(admin, path)
            tables = table_copy(admin, said["list"], folder)
            bench.say(
                f"run {run}: {rows / said['first']:,.0f} rows/s, again {rows / said['again']:,.0f}, COPY {rows / copied:,.0f},"
                f" into the tables {rows / tables:,.0f}; {said['growth_mb']:.0f} MB; {said['counts']}"
            )
            bench.add("rows_per_s", rows / said["first"])
            bench.add("reimport_rows_per_s", rows / said["again"])
            bench.add("reimport_vs_import", said["first"] / said["again"])
            bench.add("rss_growth_mb", said["growth_mb"])
            bench.add("vs_copy", copied / said["first"])
            bench.add("vs_tables", tables / said["first"])
            bench.add("copy_rows_per_s", rows / copied)
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
