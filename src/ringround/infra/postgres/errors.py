"""What goes wrong with the embedded database; each text says what and what to do."""

from __future__ import annotations


class PostgresError(Exception):
    """The embedded database cannot be used."""


class NoPrograms(PostgresError):
    """No PostgreSQL programs were found."""


class WrongVersion(PostgresError):
    """The data was made by another major version of PostgreSQL."""


class Owned(PostgresError):
    """Another process has the data folder."""

    def __init__(self, folder: str, pid: int | None) -> None:
        by = f"process {pid}" if pid else "another process"
        super().__init__(f"{folder} is in use by {by}: stop that one first, or choose another data folder")
        self.pid = pid
