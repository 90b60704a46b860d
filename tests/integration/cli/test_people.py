"""Users, tokens and the doctor by the command line, on the database of the tests."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from click.testing import CliRunner, Result
from django.conf import settings

from ringround.cli import ringround
from ringround.cli_commands._runtime import Trouble
from ringround.infra import clock
from ringround.infra.models import AuditPending, Event, ParkedReaction
from ringround.kernel.errors import Conflict, Invalid
from ringround.kernel.ids import new_id
from ringround.orgs.models import Organisation, User

pytestmark = pytest.mark.django_db


def run(*words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(ringround, words, input=stdin, catch_exceptions=False, standalone_mode=False)


def answer(*words: str, stdin: str = "") -> Any:
    return json.loads(run(*words, "--json", stdin=stdin).stdout)


@pytest.fixture(autouse=True)
def _merchant(db: None) -> None:
    run("user", "add", "anna@example.org", "--name", "Anna", "--new", "merchant", "--org", "Dansk Hjælp")


def test_a_user_is_added_with_a_password_that_is_shown_once() -> None:
    added = answer("user", "add", "bo@example.org", "--name", "Bo", "--role", "manager")
    assert User.objects.get(email="bo@example.org").check_password(added["password"])
    assert {row["email"]: row["role"] for row in answer("user", "list")} == {
        "anna@example.org": "owner",
        "bo@example.org": "manager",
    }


def test_a_user_gets_a_new_password() -> None:
    run("user", "password", "anna@example.org", "--password-stdin", stdin="korrekt hest batteri\n")
    assert User.objects.get(email="anna@example.org").check_password("korrekt hest batteri")


def test_a_weak_password_is_refused() -> None:
    with pytest.raises(Invalid):
        run("user", "password", "anna@example.org", "--password-stdin", stdin="kort\n")


def test_a_deactivated_user_is_listed_as_such() -> None:
    run("user", "add", "bo@example.org", "--name", "Bo", "--role", "manager")
    run("user", "deactivate", "bo@example.org")
    assert {row["email"]: row["state"] for row in answer("user", "list")}["bo@example.org"] == "inactive"


def test_with_two_organisations_one_has_to_be_named() -> None:
    run("user", "add", "carl@example.org", "--name", "Carl", "--new", "agency", "--org", "Bureau")
    with pytest.raises(Trouble, match=r"--org: Bureau .*Dansk Hjælp"):
        run("user", "list")
    assert [row["email"] for row in answer("user", "list", "--org", "bureau")] == ["carl@example.org"]


def test_a_token_is_shown_once_and_revoked() -> None:
    made = answer("token", "create", "import", "--user", "anna@example.org", "--scope", "contacts")
    assert made["token"] not in run("token", "list", "--json").stdout
    run("token", "revoke", made["id"])
    [listed] = answer("token", "list")
    assert (listed["state"], listed["scopes"]) == ("revoked", ["contacts"])


def test_a_token_for_nobody_is_refused() -> None:
    with pytest.raises(Trouble, match="is not a user of Dansk Hjælp"):
        run("token", "create", "import", "--user", "zoe@example.org")


def test_the_doctor_finds_no_fault_and_walks_the_audit() -> None:
    said = answer("doctor", "--audit")
    assert [one for one in said["findings"] if one["level"] == "fault"] == []
    assert {"database", "clock", "mail", "keys", "audit chain"} <= {one["check"] for one in said["findings"]}


def test_the_doctor_names_a_key_that_others_may_read() -> None:
    run("doctor")
    key = settings.RINGROUND.data / "keys" / "secret"
    key.chmod(0o644)
    try:
        assert f"chmod 600 {key}" in run("doctor").stdout
    finally:
        key.chmod(0o600)


def _failed(number: int) -> ParkedReaction:
    event = Event.objects.create(
        seq=10**12 + number, id=new_id(), org_id=Organisation.objects.get().id, type="orgs.user.deactivated",
        subject_type="user", subject_id=new_id(), subject_no=1, at=clock.now(), data={},
    )  # fmt: skip
    return ParkedReaction.objects.create(
        seq=event.seq, reaction="dialer.user_gone", type=event.type, org_id=event.org_id,
        subject_id=event.subject_id, error="OperationalError: no", tries=3,
        parked_at=clock.real_now(), next_at=clock.real_now() + timedelta(hours=1),
    )  # fmt: skip


def test_what_failed_after_a_change_is_listed_and_tried_again_by_hand() -> None:
    one, other = _failed(1), _failed(2)
    assert [row["id"] for row in answer("reactions", "list")] == [str(one.id), str(other.id)]
    assert answer("reactions", "retry", str(one.id)) == {"done": 1, "left": 0}
    assert answer("reactions", "retry") == {"done": 1, "left": 0}
    assert answer("reactions", "list") == []


def test_what_failed_after_a_change_is_given_up_by_hand_and_audited() -> None:
    one = _failed(1)
    run("reactions", "drop", str(one.id))
    assert not ParkedReaction.objects.exists()
    assert AuditPending.objects.filter(action="infra.reaction.dropped", data__event=one.seq).exists()
    with pytest.raises(Trouble, match="reactions list"):
        run("reactions", "drop", str(one.id))


def test_a_client_is_made_and_all_of_it_taken_out(tmp_path: Path) -> None:
    run("user", "add", "birgit@example.org", "--name", "Birgit", "--new", "agency", "--org", "Ringhuset")
    made = answer("client", "add", "Styret", "--org", "Ringhuset")
    assert [(one["id"], one["state"]) for one in answer("client", "list", "--org", "Ringhuset")] == [
        (made["id"], "managed")
    ]
    with pytest.raises(Conflict):
        run("client", "add", "Styret", "--org", "Dansk Hjælp")
    run("export", str(tmp_path / "alt.zip"), "--all", "--org", "Styret")
    assert "suppressions.csv" in ZipFile(tmp_path / "alt.zip").namelist()
