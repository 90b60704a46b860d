"""The script that brings uv, from a package index in a folder."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import platform
import stat
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[3]
NAME = "uv-0.13.9-py3-none-any.whl"


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script without pip, with `.uv` in a folder of the test."""
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "scripts" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "HOME", tmp_path / ".uv")
    monkeypatch.setattr(sys, "argv", ["bootstrap.py", "--uv", "--no-pip"])
    for name in ("UV", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return module


@pytest.fixture
def index(tmp_path: Path, bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package index with a uv that only knows its version; its hash is the pinned one."""
    folder = tmp_path / "index" / "uv"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / NAME, "w") as wheel:
        wheel.writestr("uv-0.13.9.data/scripts/uv", "#!/bin/sh\necho uv 0.13.9\n")
    pinned = {NAME: hashlib.sha256((folder / NAME).read_bytes()).hexdigest()}
    monkeypatch.setattr(bootstrap, "WHEELS", {platform.machine(): pinned})
    (folder / "index.html").write_text(f'<a href="{NAME}#sha256=whatever">{NAME}</a>')
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"mine={folder.parent.as_uri()}")
    return folder


def test_uv_comes_from_the_configured_index_without_pip(
    bootstrap: ModuleType, index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bootstrap.main() == 0
    program = tmp_path / ".uv" / "0.13.9" / "uv"
    assert capsys.readouterr().out.strip() == str(program)
    assert program.stat().st_mode & stat.S_IXUSR


def test_it_is_fetched_once(bootstrap: ModuleType, index: Path) -> None:
    assert bootstrap.main() == 0
    (index / "index.html").unlink()
    assert bootstrap.main() == 0


def test_the_json_form_of_an_index_is_read_too(bootstrap: ModuleType, index: Path) -> None:
    page = json.dumps({"files": [{"filename": NAME, "url": NAME, "hashes": {}}]})
    (index / "index.html").write_text(page)
    assert bootstrap.main() == 0


def test_a_file_with_another_hash_is_refused_and_leaves_nothing(
    bootstrap: ModuleType, index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with zipfile.ZipFile(index / NAME, "a") as wheel:
        wheel.writestr("extra", "x")
    assert bootstrap.main() == 1
    assert "is not the file that is pinned" in capsys.readouterr().err
    assert list((tmp_path / ".uv").iterdir()) == []


def test_an_index_that_cannot_be_reached_says_what_to_set_and_no_password(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://me:secret@127.0.0.1:1/simple")
    assert bootstrap.main() == 1
    said = capsys.readouterr().err
    assert "set UV_DEFAULT_INDEX or PIP_INDEX_URL" in said
    assert "secret" not in said


def test_the_index_of_pips_own_file_is_honoured(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://u:p%40ss@mirror.example/simple\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    assert bootstrap.configured_index() == "https://u:p%40ss@mirror.example/simple"
    monkeypatch.setenv("PIP_INDEX_URL", "https://other.example/simple")
    assert bootstrap.configured_index() == "https://other.example/simple"


def test_a_machine_without_a_pinned_wheel_is_told_to_bring_its_own(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "WHEELS", {})
    assert bootstrap.main() == 1
    assert "make setup UV=" in capsys.readouterr().err


def test_only_a_python_that_is_new_enough_is_chosen(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bootstrap.find_python()
    monkeypatch.setattr(bootstrap, "OLDEST_PYTHON", (99, 0))
    with pytest.raises(bootstrap.Trouble, match=r"Python 99\.0 or later is needed"):
        bootstrap.find_python()


def test_the_distributions_python_comes_before_the_one_that_runs_this_but_not_before_one_that_was_named(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "DISTRIBUTIONS", "/bin/sh")
    monkeypatch.setattr(bootstrap, "new_enough", lambda python: True)
    monkeypatch.setattr(bootstrap.sys, "argv", ["bootstrap.py"])
    assert bootstrap.find_python() == "/bin/sh"
    monkeypatch.setattr(bootstrap.sys, "argv", ["bootstrap.py", "--this"])
    assert bootstrap.find_python() == bootstrap.sys.executable


def test_a_python_that_was_named_and_is_too_old_is_not_replaced_by_another(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "new_enough", lambda python: python != bootstrap.sys.executable)
    monkeypatch.setattr(bootstrap.sys, "argv", ["bootstrap.py", "--this"])
    with pytest.raises(bootstrap.Trouble, match=r"Python 3\.\d+ or later is needed"):
        bootstrap.find_python()
