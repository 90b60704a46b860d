"""What people uploaded and the mails that sign them in are for nobody else on the machine, whatever the umask."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage, get_connection

from ringround.contacts.files import store
from ringround.contacts.files.rejected import RejectedFile
from ringround.infra import files
from ringround.kernel.ids import new_id


@pytest.fixture(autouse=True)
def a_careless_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_an_upload_and_all_folders_above_it_are_closed(settings: Any, tmp_path: Path) -> None:
    settings.RINGROUND = type("Settings", (), {"data": tmp_path})
    relative = store.of(new_id(), new_id(), store.FILE)
    (tmp_path / "uploads").mkdir(mode=0o755)  # as an earlier version left it
    store.save(relative, [b"navn;tlf\n"])
    path = store.place(relative)
    assert mode(path) == 0o600
    while path.parent != tmp_path:
        path = path.parent
        assert mode(path) == 0o700, path
    rejected = RejectedFile(store.place(relative).parent / store.REJECTED, ["navn"])
    rejected.begin(0)
    assert mode(store.place(relative).parent / store.REJECTED) == 0o600


def test_a_mail_in_the_folder_is_closed(settings: Any, tmp_path: Path) -> None:
    place = settings.EMAIL_FILE_PATH = tmp_path / "mail"
    backend = get_connection("ringround.infra.mail.MailFolder")
    EmailMessage("Hej", "link", to=["a@example.org"], connection=backend).send()
    (written,) = place.iterdir()
    assert (mode(place), mode(written)) == (0o700, 0o600)
    assert b"link" in written.read_bytes()


def test_folders_left_open_are_closed_at_the_start(tmp_path: Path) -> None:
    for name in files.PERSONAL:
        (tmp_path / name).mkdir(mode=0o755)
    files.tighten_data(tmp_path)
    assert {mode(tmp_path / name) for name in files.PERSONAL} == {0o700}
