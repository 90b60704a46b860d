"""`ringround journey import|export|list`, in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ringround.cli_commands import journey as commands
from ringround.cli_commands._runtime import Trouble
from ringround.infra import clock
from ringround.journeys import doctor
from ringround.journeys.models import Journey, Timer
from tests.integration.journeys.stage import Stage, node

DAY = {"n": 1, "unit": "days"}


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def open_already() -> Iterator[None]:
        yield

    monkeypatch.setattr(commands, "database", open_already)


def run(*words: str) -> Any:
    done = CliRunner().invoke(commands.command, list(words), standalone_mode=False)
    if done.exception is not None:
        raise done.exception
    return done.output


def test_what_was_exported_is_imported_again(stage: Stage, tmp_path: Path) -> None:
    org = stage.rig.staff.org.name
    stage.publish(stage.document(node("wait", "wait", duration=DAY), name="Ud"))
    text = run("export", "Ud", "--org", org)
    file = tmp_path / "journey.json"
    file.write_text(text, "utf-8")
    told = json.loads(run("import", str(file), "--name", "Ind", "--publish", "--org", org, "--json"))
    assert (told["name"], told["version"]) == ("Ind", 1)
    made = Journey.objects.get(name="Ind")
    assert made.version is not None
    assert made.version.document["nodes"] == json.loads(text)["nodes"]
    again = json.loads(run("import", str(file), "--name", "Ind", "--publish", "--org", org, "--json"))
    assert again["version"] == 1
    assert "published" in run("list", "--org", org)
    assert Journey.objects.filter(name="Ind").count() == 1


def test_a_wrong_file_is_told_and_nothing_is_made(stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / "journey.json"
    for text in ("{", "[]", json.dumps({"name": "x", "nodes": [{"id": "a", "type": "?"}]})):
        file.write_text(text, "utf-8")
        with pytest.raises(Trouble):
            run("import", str(file), "--org", stage.rig.staff.org.name)
    assert not Journey.objects.exists()


def test_the_doctor_tells_what_is_overdue_and_what_is_stuck(stage: Stage) -> None:
    stage.publish(stage.document(node("wait", "wait", duration=DAY)))
    lead = stage.lead()
    stage.close(lead)
    stage.settle()
    assert [one.level for one in doctor.journeys(None)] == ["ok"]
    Timer.objects.update(due=clock.now() - doctor.LATE * 2)
    assert [one.level for one in doctor.journeys(None)] == ["fault"]
    Timer.objects.all().delete()
    assert [one.level for one in doctor.journeys(None)] == ["ok", "fault"]
