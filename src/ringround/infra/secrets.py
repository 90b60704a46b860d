"""The keys: what signs (sessions, links) and what encrypts (gateway passwords and the like), from settings or files.

Keys never go into the database nor into a backup. Each file may hold several, one a line: the first is used, the
others are still believed, so that a key is changed by putting a new line on top.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class KeySettings(Protocol):
    """What of the product's settings is read here."""

    @property
    def data(self) -> Path: ...
    @property
    def secret_key(self) -> str | None: ...
    @property
    def secret_key_file(self) -> Path | None: ...
    @property
    def encryption_keys(self) -> tuple[str, ...]: ...
    @property
    def encryption_keys_file(self) -> Path | None: ...


class KeyTrouble(Exception):
    """A key file cannot be used; the text says which and what to do."""


def secret_keys(settings: KeySettings) -> list[str]:
    """The signing keys, newest first; made once in `keys/secret` of the data folder when none is configured."""
    if settings.secret_key:
        return [settings.secret_key]
    if settings.secret_key_file:
        return _read(settings.secret_key_file)
    return _read_or_make(settings.data / "keys" / "secret", lambda: secrets.token_urlsafe(48))


def encryption_keys(settings: KeySettings) -> list[str]:
    """The Fernet keys, newest first; made once in `keys/encryption` of the data folder when none is configured."""
    if settings.encryption_keys:
        return list(settings.encryption_keys)
    if settings.encryption_keys_file:
        return _read(settings.encryption_keys_file)
    return _read_or_make(settings.data / "keys" / "encryption", lambda: Fernet.generate_key().decode())


class Cipher:
    """Encrypts short texts with the first key and decrypts with any."""

    def __init__(self, keys: list[str]) -> None:
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise KeyTrouble(
                "an encryption key is not one: make it with "
                "`python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'`"
            ) from None

    def encrypt(self, text: str) -> str:
        """A token that only the holder of the key reads; different on every call."""
        return self._fernet.encrypt(text.encode()).decode()

    def decrypt(self, token: str) -> str:
        """The text again; KeyTrouble when no key of ours made the token."""
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except InvalidToken:
            raise KeyTrouble(
                "a stored secret was encrypted with a key that is no longer there: add the old key"
            ) from None

    def rotate(self, token: str) -> str:
        """The same text under the first key."""
        return self._fernet.rotate(token.encode()).decode()


def cipher(settings: KeySettings) -> Cipher:
    """The cipher for what is stored encrypted."""
    return Cipher(encryption_keys(settings))


def exposed(settings: KeySettings) -> list[Path]:
    """The key files that someone else on this machine may read; `doctor` names them."""
    own = [settings.data / "keys" / "secret", settings.data / "keys" / "encryption"]
    named = [path for path in (settings.secret_key_file, settings.encryption_keys_file) if path]
    return [path for path in own + named if path.is_file() and path.stat().st_mode & 0o077]


def _read(path: Path) -> list[str]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as fault:
        raise KeyTrouble(f"the key file {path} cannot be read: {fault.strerror}") from None
    keys = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not keys:
        raise KeyTrouble(f"the key file {path} is empty: put the key back from where you keep it")
    return keys


def _read_or_make(path: Path, make: Callable[[], str]) -> list[str]:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        # Written beside and linked into place: two processes that start at once must end with the same key, and a
        # crash must not leave half of one. `link` refuses when the other was first.
        draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(make() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return _read(path)
