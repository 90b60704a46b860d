"""The settings: one table, checked whole."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from ringround.config import env

ROOT = Path(__file__).resolve().parents[3]


def faults(environ: dict[str, str], folder: Path) -> list[str]:
    with pytest.raises(env.SettingsError) as wrong:
        env.load(environ, folder)
    return wrong.value.faults


def test_without_anything_set_the_embedded_database_and_localhost_are_used(tmp_path: Path) -> None:
    settings = env.load({}, tmp_path)
    assert settings.database_url is None
    assert (settings.host, settings.port, settings.web_workers) == ("127.0.0.1", 8000, 2)
    assert settings.base_url == "http://localhost:8000"


def test_every_fault_is_named_at_once_an_unknown_name_too(tmp_path: Path) -> None:
    (tmp_path / "ringround.toml").write_text('prot = 1\nhost = ""\n')
    found = faults({"RINGROUND_PORT": "99999", "RINGROUND_DEBUG": "maybe", "RINGROUND_DATABSE_URL": "x"}, tmp_path)
    assert len(found) == 5
    assert "RINGROUND_DATABSE_URL is not a setting; did you mean RINGROUND_DATABASE_URL?" in found
    assert f"{tmp_path}/ringround.toml: prot is not a setting; did you mean port?" in found
    assert "RINGROUND_PORT must be from 1 to 65535 (it is '99999')" in found


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "ringround.toml").write_text('port = 9000\nhost = "10.0.0.1"\ndebug = true\n')
    settings = env.load({"RINGROUND_PORT": "9001", "RINGROUND_HOST": ""}, tmp_path)
    assert (settings.port, settings.host, settings.debug) == (9001, "10.0.0.1", True)


def test_lists_are_lists_in_the_file_and_commas_in_a_variable(tmp_path: Path) -> None:
    (tmp_path / "ringround.toml").write_text('allowed_hosts = ["a.example", "b.example"]\n')
    settings = env.load({"RINGROUND_TRUSTED_PROXY": "10.0.0.0/8, ::1"}, tmp_path)
    assert settings.allowed_hosts == ("a.example", "b.example")
    assert [str(network) for network in settings.trusted_proxy] == ["10.0.0.0/8", "::1/128"]


def test_a_secret_is_not_repeated_in_its_fault(tmp_path: Path) -> None:
    found = faults({"RINGROUND_SECRET_KEY": "hunter2", "RINGROUND_DATABASE_URL": "mysql://u:pw@h/d"}, tmp_path)
    assert not any("hunter2" in fault or "pw@h" in fault for fault in found)


def test_a_named_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    assert "names a file that is not there" in faults({"RINGROUND_CONFIG": str(tmp_path / "none.toml")}, tmp_path)[0]


def test_a_file_that_is_no_toml_is_a_fault_among_the_others(tmp_path: Path) -> None:
    (tmp_path / "ringround.toml").write_text("port: 9000\n")
    found = faults({"RINGROUND_PORT": "x"}, tmp_path)
    assert len(found) == 2


def test_a_key_and_its_file_do_not_go_together(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k" * 40)
    environ = {"RINGROUND_SECRET_KEY": "s" * 40, "RINGROUND_SECRET_KEY_FILE": str(tmp_path / "key")}
    assert "are both set" in faults(environ, tmp_path)[0]


@pytest.mark.parametrize(
    ("url", "port", "starttls", "tls"),
    [
        ("smtp://mail.example", 25, False, False),
        ("smtp://u:p%40w@mail.example?tls=starttls", 587, True, False),
        ("smtps://mail.example:4650", 4650, False, True),
    ],
)
def test_a_mail_address_says_how_it_is_secured(url: str, port: int, starttls: bool, tls: bool, tmp_path: Path) -> None:
    email = env.load({"RINGROUND_EMAIL_URL": url}, tmp_path).email_url
    assert email is not None
    assert (email.host, email.port, email.starttls, email.tls) == ("mail.example", port, starttls, tls)


def test_the_public_address_has_nothing_after_its_host(tmp_path: Path) -> None:
    assert env.load({"RINGROUND_PUBLIC_URL": "https://c.example/"}, tmp_path).base_url == "https://c.example"
    assert "nothing after the host" in faults({"RINGROUND_PUBLIC_URL": "https://c.example/app"}, tmp_path)[0]


def test_variables_of_the_test_suite_are_nobodys_fault(tmp_path: Path) -> None:
    assert env.load({"RINGROUND_TEST_ANYTHING": "1", "OTHER": "2"}, tmp_path).port == 8000


def test_the_page_of_settings_is_the_one_the_table_makes() -> None:
    spec = importlib.util.spec_from_file_location("settings_docs", ROOT / "scripts" / "settings_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (ROOT / "docs" / "settings.md").read_text("utf-8") == module.text()


def test_every_field_of_the_settings_is_in_the_table_and_no_other() -> None:
    assert {setting.field for setting in env.SETTINGS} == set(env.Settings.__dataclass_fields__)
