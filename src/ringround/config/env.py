"""Every setting of the product, declared once: environment, `ringround.toml`, check and docs read this table."""

from __future__ import annotations

import difflib
import ipaddress
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

PREFIX = "RINGROUND_"
# Names with this prefix belong to the test suite and are not settings of the product.
FOREIGN_PREFIXES = ("RINGROUND_TEST_",)
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
SIGNUPS = ("open", "invite")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SettingsError(Exception):
    """The settings are wrong; `faults` names every one of them, so that they are mended in one go."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Email:
    """An SMTP server, parsed from `smtp://user:password@host:port?tls=starttls` or `smtps://…`."""

    host: str
    port: int
    user: str
    password: str
    starttls: bool
    tls: bool


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings as they stand after checking; made only by `load`."""

    config: Path | None
    data: Path
    database_url: str | None
    postgres_bin: Path | None
    secret_key: str | None
    secret_key_file: Path | None
    encryption_keys: tuple[str, ...]
    encryption_keys_file: Path | None
    host: str
    port: int
    public_url: str | None
    allowed_hosts: tuple[str, ...]
    web_workers: int
    web_threads: int
    trusted_proxy: tuple[Network, ...]
    allow_private_targets: bool
    api_rate: int
    signup: str
    email_url: Email | None
    email_from: str
    log_level: str
    debug: bool

    @property
    def base_url(self) -> str:
        """The address people and links use, without a slash at its end."""
        return self.public_url or f"http://localhost:{self.port}"


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty")
    return value.strip()


def _path(value: str) -> Path:
    return Path(_text(value)).expanduser().absolute()


def _file(value: str) -> Path:
    path = _path(value)
    if not path.is_file():
        raise ValueError(f"names a file that is not there: {path}")
    return path


def _programs(value: str) -> Path:
    path = _path(value)
    if not (path / "postgres").is_file():
        raise ValueError(f"names a folder without the program postgres: {path}")
    return path


def _flag(value: str) -> bool:
    known = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    try:
        return known[value.strip().lower()]
    except KeyError:
        raise ValueError("must be true or false") from None


def _number(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            raise ValueError("must be a whole number") from None
        if not low <= number <= high:
            raise ValueError(f"must be from {low} to {high}")
        return number

    return parse


def _items(value: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in value.split(",") if item.strip())


def _networks(value: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(item, strict=False) for item in _items(value))
    except ValueError as fault:
        raise ValueError(f"must be addresses or networks, comma between: {fault}") from None


def _database_url(value: str) -> str:
    parts = urlsplit(value.strip())
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ValueError("must begin with postgresql://")
    if not parts.path.strip("/"):
        raise ValueError("must name a database after the host: postgresql://user:password@host:5432/database")
    return value.strip()


def _public_url(value: str) -> str:
    parts = urlsplit(value.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an address such as https://calls.example.org")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("must have nothing after the host: the product is served at the root of its address")
    return f"{parts.scheme}://{parts.netloc}"


def _email_url(value: str) -> Email:
    parts = urlsplit(value.strip())
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("must be smtp://user:password@host:587?tls=starttls or smtps://user:password@host:465")
    mode = parse_qs(parts.query).get("tls", ["none"])[0]
    if mode not in {"none", "starttls"}:
        raise ValueError("has an unknown tls: write ?tls=starttls, or smtps:// for TLS from the first byte")
    secure = parts.scheme == "smtps"
    return Email(
        host=parts.hostname,
        port=parts.port or (465 if secure else 587 if mode == "starttls" else 25),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=mode == "starttls" and not secure,
        tls=secure,
    )


def _log_level(value: str) -> str:
    level = value.strip().upper()
    if level not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")
    return level


def _signup(value: str) -> str:
    if value.strip().lower() not in SIGNUPS:
        raise ValueError(f"must be one of {', '.join(SIGNUPS)}")
    return value.strip().lower()


def _secret(value: str) -> str:
    if len(value.strip()) < 32:
        raise ValueError("must have at least 32 characters")
    return value.strip()


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `name` without the prefix; `default` as it would be written, or None for nothing."""

    name: str
    kind: str
    parse: Callable[[str], Any]
    default: str | None
    help: str
    secret: bool = False
    default_note: str = ""

    @property
    def field(self) -> str:
        return self.name.lower()


def default_data() -> str:
    """Where a plain installation keeps its data: the user's own data folder."""
    home = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return f"{home}/ringround"


# fmt: off
SETTINGS: tuple[Setting, ...] = (
    Setting("CONFIG", "file", _file, None, "The settings file. Only from the environment; without it `ringround.toml` in the current folder is read when there is one."),
    Setting("DATA", "folder", _path, None, "The data folder: the embedded database, keys, uploads. `make` uses `./var`.", default_note="`~/.local/share/ringround`"),
    Setting("DATABASE_URL", "url", _database_url, None, "A PostgreSQL server of your own, version 15 or later. Without it the embedded one runs in the data folder.", secret=True),
    Setting("POSTGRES_BIN", "folder", _programs, None, "The folder of PostgreSQL programs for the embedded database, instead of the ones that came with the product."),
    Setting("SECRET_KEY", "text", _secret, None, "Signs sessions and links. Without it a key is made once and kept in the data folder, in `keys/`.", secret=True),
    Setting("SECRET_KEY_FILE", "file", _file, None, "A file that holds the secret key, one key a line: the first signs, the others are still believed."),
    Setting("ENCRYPTION_KEYS", "list", _items, "", "Fernet keys for what is stored encrypted: the first encrypts, all decrypt. Without them a key is made once and kept in `keys/`.", secret=True),
    Setting("ENCRYPTION_KEYS_FILE", "file", _file, None, "A file that holds the encryption keys, one a line, newest first."),
    Setting("HOST", "text", _text, "127.0.0.1", "The address the web server listens on. `0.0.0.0` means all."),
    Setting("PORT", "number", _number(1, 65535), "8000", "The port the web server listens on. Everything is served on this one port."),
    Setting("PUBLIC_URL", "url", _public_url, None, "The address people use, for links in e-mails and for cookies. An https address turns secure cookies on.", default_note="`http://localhost:PORT`"),
    Setting("ALLOWED_HOSTS", "list", _items, "", "More host names under which the product may be asked for. The host of `PUBLIC_URL` and localhost always may."),
    Setting("WEB_WORKERS", "number", _number(1, 64), "2", "Web processes. One for each processor is a good number."),
    Setting("WEB_THREADS", "number", _number(1, 64), "4", "Threads of each web process that answer pages and API calls; each may hold a database connection."),
    Setting("TRUSTED_PROXY", "list", _networks, "", "Addresses or networks of the proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."),
    Setting("ALLOW_PRIVATE_TARGETS", "flag", _flag, "false", "Let webhooks and other outgoing calls reach private and loopback addresses. For development."),
    Setting("API_RATE", "number", _number(0, 10_000_000), "30000", "API requests a minute for each token; over it 429 with `Retry-After`. 0 is no limit."),
    Setting("SIGNUP", "choice", _signup, "open", "Who may sign up an organisation in the browser: `open`, everybody who reaches the page; `invite`, nobody. Invitations and `ringround user add --new` work either way."),
    Setting("EMAIL_URL", "url", _email_url, None, "The mail server: `smtp://user:password@host:587?tls=starttls` or `smtps://…`. Without it mails are written to `mail/` in the data folder.", secret=True),
    Setting("EMAIL_FROM", "text", _text, "Ringround <noreply@localhost>", "The sender of the product's own mails."),
    Setting("LOG_LEVEL", "choice", _log_level, "INFO", "The least serious messages that are logged: `DEBUG`, `INFO`, `WARNING` or `ERROR`."),
    Setting("DEBUG", "flag", _flag, "false", "Show faults in the browser. For development only."),
)
# fmt: on
_BY_NAME = {setting.name: setting for setting in SETTINGS}


def load(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Settings:
    """Read the environment, then `ringround.toml` in `folder` (the current one); raise SettingsError with every fault.

    The environment wins over the file. An empty variable counts as not set: that is how a shell or a compose file
    takes a setting back.
    """
    environ = os.environ if environ is None else environ
    faults: list[str] = []
    given: dict[str, tuple[str, str]] = {}  # name -> (where it was written, what was written)

    # 1. The file, then the environment over it.
    config = _read_config(environ, folder or Path.cwd(), given, faults)
    for variable, value in environ.items():
        if not variable.startswith(PREFIX) or variable.startswith(FOREIGN_PREFIXES):
            continue
        name = variable.removeprefix(PREFIX)
        if name not in _BY_NAME:
            faults.append(f"{variable} is not a setting{_nearest(name, PREFIX)}")
        elif value != "" and name != "CONFIG":
            given[name] = (variable, value)

    # 2. Each value through its own parser, so that all faults are known before the first is told.
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        if setting.name == "CONFIG":
            values["config"] = config
            continue
        default = default_data() if setting.name == "DATA" else setting.default
        where, text = given.get(setting.name, ("", default))
        if text is None or (text == "" and not where and setting.kind != "list"):
            values[setting.field] = None
            continue
        try:
            values[setting.field] = setting.parse(text)
        except ValueError as fault:
            shown = "" if setting.secret else f" (it is {text!r})"
            faults.append(f"{where or setting.name} {fault}{shown}")

    # 3. What two settings may not say together.
    for one, other in (("SECRET_KEY", "SECRET_KEY_FILE"), ("ENCRYPTION_KEYS", "ENCRYPTION_KEYS_FILE")):
        if one in given and other in given:
            faults.append(f"{given[one][0]} and {given[other][0]} are both set: keep one")
    if faults:
        raise SettingsError(faults)
    return Settings(**values)


def _read_config(
    environ: Mapping[str, str], folder: Path, given: dict[str, tuple[str, str]], faults: list[str]
) -> Path | None:
    named = environ.get(f"{PREFIX}CONFIG", "")
    path = Path(named).expanduser().absolute() if named else folder / "ringround.toml"
    if not path.is_file():
        if named:
            faults.append(f"{PREFIX}CONFIG names a file that is not there: {path}")
        return None
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        faults.append(f"{path} cannot be read: {fault}")
        return path
    for key, value in content.items():
        name = key.upper()
        if name not in _BY_NAME or name == "CONFIG" or key != key.lower():
            faults.append(f"{path}: {key} is not a setting{_nearest(name, '').lower()}")
        elif isinstance(value, bool):
            given[name] = (f"{path}: {key}", "true" if value else "false")
        elif isinstance(value, list) and all(isinstance(item, str) for item in value):
            given[name] = (f"{path}: {key}", ",".join(value))
        elif isinstance(value, str | int):
            given[name] = (f"{path}: {key}", str(value))
        else:
            faults.append(f"{path}: {key} must be a text, a number, true or false, or a list of texts")
    return path


def _nearest(name: str, prefix: str) -> str:
    near = difflib.get_close_matches(name, _BY_NAME, n=1)
    return f"; did you mean {prefix}{near[0]}?" if near else ""


def docs_table() -> str:
    """The settings as a Markdown table, for `docs/settings.md`."""
    lines = ["| Variable | In `ringround.toml` | Kind | Default | What it does |", "|---|---|---|---|---|"]
    for setting in SETTINGS:
        key = "" if setting.name == "CONFIG" else f"`{setting.field}`"
        default = setting.default_note or (f"`{setting.default}`" if setting.default else "")
        secret = " Secret." if setting.secret else ""
        lines.append(f"| `{PREFIX}{setting.name}` | {key} | {setting.kind} | {default} | {setting.help}{secret} |")
    return "\n".join(lines) + "\n"
