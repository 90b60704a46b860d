"""Workers that run an import are killed, by the operating system, at random moments and right after commits."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO

import openpyxl
import pytest

from ringround.contacts import actions, queries, ticks
from ringround.contacts.files import store
from ringround.contacts.models import Contact, ContactList, Import
from ringround.infra.models import EventOut
from ringround.orgs.actor import Actor
from tests import factories
from tests.integration.contacts.helpers import COLUMNS
from tests.processes import environment

pytestmark = pytest.mark.django_db(transaction=True)

KILLS = 3
HEAD = "name,mobile,home,city,email,member_no\n"

WORKER = """
import os, signal, sys, threading
from uuid import UUID
import django
django.setup()
from ringround.contacts import actions

after_commits, after_s = int(sys.argv[2]), float(sys.argv[3])
commits = 0

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def progress(row):
    global commits
    commits += 1
    if commits == after_commits:
        die()

if after_s:
    threading.Timer(after_s, die).start()
actions.import_run(import_id=UUID(sys.argv[1]), progress=progress, processes=1)
"""


def _worker(import_id: object, *, after_commits: int = 0, after_s: float = 0.0) -> int:
    """Run the import in a process of its own; its exit code."""
    done = subprocess.run(
        [sys.executable, "-c", WORKER, str(import_id), str(after_commits), str(after_s)],
        env=environment(),
        timeout=400,
        check=False,
        capture_output=True,
    )
    assert done.returncode in (0, -9), done.stderr.decode()
    return done.returncode


def _ugly(rows: int, dice: random.Random) -> str:
    """Rows with twins, broken numbers, cells over two lines and updates of earlier rows."""
    lines = [HEAD]
    for n in range(rows):
        roll = dice.random()
        number = 26_000_000 + (dice.randrange(n + 1) if roll < 0.1 else n)
        city = '"Ring\nsted, 2"' if roll > 0.95 else dice.choice(["Aarhus", "Vejle", "Ærø"])
        mobile = "12" if 0.1 < roll < 0.13 else f"{number}"
        lines.append(f"Person {number % 977},{mobile},,{city},,M-{number}\n")
    return "".join(lines)


def _start(actor: Actor, people: ContactList, text: str, **options: object) -> Import:
    return actions.import_start(
        actor=actor, list_id=people.id, file=[text.encode()], file_name="x.csv", options=options, queue=False
    )


def _content(people: ContactList) -> list[object]:
    rows = Contact.objects.filter(list=people).order_by("external_id").prefetch_related("numbers")
    return [(c.external_id, c.fields, c.search, sorted((n.label, n.e164 or "") for n in c.numbers.all())) for c in rows]


def _outcome(actor: Actor, row: Import) -> tuple[dict[str, int], bytes]:
    state = queries.import_get(actor=actor, import_id=row.id)
    assert state.state == "done", (state.code, state.detail)
    return state.counts, b"".join(queries.rejected_file(actor=actor, import_id=row.id))


@pytest.fixture
def manager() -> Actor:
    return factories.member(factories.organisation("Hjælpen"), "manager")


def _lists(manager: Actor) -> tuple[ContactList, ContactList]:
    calm = actions.contact_list_create(actor=manager, name="Rolig", columns=COLUMNS)
    return calm, actions.contact_list_create(actor=manager, name="Dræbt", columns=COLUMNS)


def test_an_import_that_is_killed_again_and_again_ends_as_one_that_never_was(manager: Actor) -> None:
    dice = random.Random(20261122)
    text = _ugly(9_000, dice)
    calm, killed = _lists(manager)
    undisturbed = _start(manager, calm, text)
    actions.import_run(import_id=undisturbed.id, processes=1)

    row = _start(manager, killed, text)
    kills = 0
    for turn in range(KILLS):
        # In turn: at any moment, and right after a commit.
        if turn % 2:
            code = _worker(row.id, after_commits=1)
        else:
            code = _worker(row.id, after_s=dice.uniform(0.02, 1.0))
        kills += code == -9
        # A worker that dies again and again without getting on would be given up on: this is about dying.
        Import.objects.filter(id=row.id, state__in=["queued", "running"]).update(tries=0)
    assert _worker(row.id) == 0
    assert kills >= 2
    assert _content(killed) == _content(calm)
    assert _outcome(manager, row) == _outcome(manager, undisturbed)
    killed.refresh_from_db()
    assert killed.contact_count == Contact.objects.filter(list=killed).count()
    told = [
        one
        for event in EventOut.objects.filter(type="contacts.list.contacts_added", subject_id=killed.id)
        for one in event.data["contacts"]
    ]
    assert sorted(told) == sorted(str(one) for one in Contact.objects.filter(list=killed).values_list("id", flat=True))


def test_a_workbook_is_gone_on_with_where_a_killed_worker_left_it(manager: Actor) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Givere")
    sheet.append(["name", "mobile", "city", "member_no"])
    for n in range(6_000):
        sheet.append([f"Person {n}", 26_000_000 + n, "Vejle", f"M-{n}"])
    out = BytesIO()
    book.save(out)
    _calm, people = _lists(manager)
    row = actions.import_start(actor=manager, list_id=people.id, file=[out.getvalue()], file_name="x.xlsx", queue=False)
    assert _worker(row.id, after_commits=1) == -9
    assert 0 < Contact.objects.filter(list=people).count() < 6_000
    # What it had written beside the file is gone too: it is written again, the same.
    for text in store.place(row.path).parent.glob("sheet-*"):
        text.unlink()
    assert _worker(row.id) == 0
    counts, _rejected = _outcome(manager, row)
    assert (counts["rows"], counts["new"]) == (6_000, 6_000)
    assert Contact.objects.filter(list=people).count() == 6_000


def test_taking_an_import_back_goes_on_after_a_killed_worker(manager: Actor) -> None:
    _calm, people = _lists(manager)
    row = _start(manager, people, _ugly(5_000, random.Random(3)))
    assert _worker(row.id) == 0
    actions.import_revert(actor=manager, import_id=row.id, queue=False)
    assert _worker(row.id, after_commits=2) == -9
    assert Contact.objects.filter(list=people).exists()
    assert _worker(row.id) == 0
    state = queries.import_get(actor=manager, import_id=row.id)
    assert (state.state, state.counts["new"]) == ("reverted", (state.revert or {})["gone"])
    assert not Contact.objects.filter(list=people).exists()
    people.refresh_from_db()
    assert people.contact_count == 0
    assert EventOut.objects.filter(type="contacts.import.reverted").count() == 1


def test_a_dry_run_that_is_killed_counts_from_the_beginning(manager: Actor) -> None:
    text = _ugly(6_000, random.Random(7))
    calm, killed = _lists(manager)
    undisturbed = _start(manager, calm, text, dry_run=True)
    actions.import_run(import_id=undisturbed.id, processes=1)
    row = _start(manager, killed, text, dry_run=True)
    assert _worker(row.id, after_commits=2) == -9
    assert _worker(row.id) == 0
    assert _outcome(manager, row) == _outcome(manager, undisturbed)
    assert not Contact.objects.filter(list=killed).exists()


def test_what_a_killed_worker_left_in_the_rejected_rows_is_cut_off(manager: Actor) -> None:
    text = _ugly(6_000, random.Random(8))
    calm, killed = _lists(manager)
    undisturbed = _start(manager, calm, text)
    actions.import_run(import_id=undisturbed.id, processes=1)
    row = _start(manager, killed, text)
    assert _worker(row.id, after_commits=1) == -9
    with store.place(row.rejected_path).open("ab") as file:
        file.write(b"77,mobile,invalid_number,half a li")
    assert _worker(row.id) == 0
    assert _outcome(manager, row) == _outcome(manager, undisturbed)


def test_an_import_that_never_gets_on_is_given_up(manager: Actor) -> None:
    _calm, killed = _lists(manager)
    row = _start(manager, killed, _ugly(10, random.Random(9)))
    Import.objects.filter(id=row.id).update(tries=99)
    assert not actions.import_run(import_id=row.id)
    assert queries.import_get(actor=manager, import_id=row.id).code == "internal"


def test_another_worker_goes_on_with_the_job_of_one_that_was_killed(manager: Actor) -> None:
    """The whole way, by the queue: what the killed worker's job holds must not keep the next one out."""
    _calm, people = _lists(manager)
    row = actions.import_start(
        actor=manager, list_id=people.id, file=[_ugly(12_000, random.Random(10)).encode()], file_name="x.csv"
    )
    with _service() as worker:
        _until(lambda: Import.objects.get(id=row.id).at_row > 0)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait(20)
    assert Import.objects.get(id=row.id).state == "running"
    ticks.rescue()
    with _service():
        _until(lambda: Import.objects.get(id=row.id).state == "done")
    assert people.contact_count == 0
    people.refresh_from_db()
    assert people.contact_count == Contact.objects.filter(list=people).count() > 10_000


@contextmanager
def _service() -> Iterator[subprocess.Popen[bytes]]:
    """A worker as `serve` starts it."""
    words = [sys.executable, "-m", "django", "procrastinate", "worker", "--concurrency", "2"]
    worker = subprocess.Popen(words, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait(20)


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
