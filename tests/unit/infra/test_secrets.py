"""Keys in files: made once, readable by us alone, changed by a new line on top."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from ringround.config import env
from ringround.infra import secrets


def settings(data: Path, **more: str) -> env.Settings:
    return env.load({"RINGROUND_DATA": str(data)} | {f"RINGROUND_{name}": value for name, value in more.items()}, data)


def test_a_key_is_made_once_and_kept(tmp_path: Path) -> None:
    first = secrets.secret_keys(settings(tmp_path))
    assert secrets.secret_keys(settings(tmp_path)) == first
    assert len(first[0]) >= 50


def test_processes_that_start_at_once_end_with_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = {tuple(found) for found in pool.map(lambda _: secrets.secret_keys(settings(tmp_path)), range(32))}
    assert len(keys) == 1
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["secret"]


def test_key_files_are_for_us_alone(tmp_path: Path) -> None:
    secrets.secret_keys(settings(tmp_path))
    path = tmp_path / "keys" / "secret"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.chmod(0o644)
    assert secrets.exposed(settings(tmp_path)) == [path]


def test_what_an_old_key_encrypted_is_read_with_the_new_one_on_top(tmp_path: Path) -> None:
    token = secrets.cipher(settings(tmp_path)).encrypt("hemmeligt æøå")
    path = tmp_path / "keys" / "encryption"
    path.write_text(f"# changed in June\n{Fernet.generate_key().decode()}\n{path.read_text()}")
    rotated = secrets.cipher(settings(tmp_path)).rotate(token)
    assert secrets.cipher(settings(tmp_path)).decrypt(token) == "hemmeligt æøå"
    newest = secrets.encryption_keys(settings(tmp_path))[0]
    assert secrets.Cipher([newest]).decrypt(rotated) == "hemmeligt æøå"


def test_a_lost_key_is_said_so(tmp_path: Path) -> None:
    token = secrets.cipher(settings(tmp_path)).encrypt("x")
    other = secrets.Cipher([Fernet.generate_key().decode()])
    with pytest.raises(secrets.KeyTrouble, match="no longer there"):
        other.decrypt(token)


def test_keys_of_the_settings_leave_no_file(tmp_path: Path) -> None:
    given = settings(tmp_path, SECRET_KEY="s" * 40, ENCRYPTION_KEYS=Fernet.generate_key().decode())
    assert secrets.secret_keys(given) == ["s" * 40]
    secrets.cipher(given)
    assert not (tmp_path / "keys").exists()


def test_an_empty_key_file_is_not_filled_behind_its_owners_back(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "secret").write_text("\n")
    with pytest.raises(secrets.KeyTrouble, match="is empty"):
        secrets.secret_keys(settings(tmp_path))
