#!/usr/bin/env python3
"""Install by apt what the tests need from the system: a browser, fonts, a SIP carrier. Silent when all is there.

Debian 12 or later and Ubuntu 24.04 or later, as root or with sudo; elsewhere it says at once what is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# package -> how one sees that it is there
NEEDS: dict[str, Callable[[], object]] = {
    "chromium-headless-shell": lambda: any(shutil.which(name) for name in BROWSERS),
    "sip-tester": lambda: shutil.which("sipp") is not None,
    "gettext": lambda: shutil.which("msgfmt") is not None,
    "fonts-dejavu": lambda: has_font("DejaVuSans.ttf"),
    "fonts-noto-color-emoji": lambda: has_font("NotoColorEmoji.ttf"),
}
OLDEST = {"debian": 12.0, "ubuntu": 24.04}


def main() -> int:
    """Exit code 0 when everything is there in the end."""
    missing = [name for name, there in NEEDS.items() if not there()]
    if not missing:
        return 0
    named = ", ".join(missing)
    system, version = distribution()
    if system not in OLDEST or version < OLDEST[system] or shutil.which("apt-get") is None:
        return fail(f"the tests need {named}. Only Debian 12+ and Ubuntu 24.04+ are known here: install them yourself")
    if system == "ubuntu" and "chromium-headless-shell" in missing:
        # Ubuntu's package is a snap, which does not run in containers nor under another user's home.
        return fail("the tests need a browser, and Ubuntu has Chromium as a snap only: install Google Chrome's .deb")
    become = [] if os.geteuid() == 0 else ["sudo"]
    if become and shutil.which("sudo") is None:
        return fail(f"the tests need {named}: as root, run `apt-get install {' '.join(missing)}`")
    if become and not sys.stdin.isatty() and subprocess.call(["sudo", "-n", "true"], stderr=subprocess.DEVNULL):
        return fail(f"the tests need {named}: run `sudo apt-get install {' '.join(missing)}`")

    print(f"test: installing {named}", flush=True)
    install = [*become, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes", "-qq"]
    install += ["--no-install-recommends", *missing]
    # 1. With the lists as they are; 2. only when that fails, with fresh ones.
    if subprocess.call(install, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
        subprocess.call([*become, "apt-get", "update", "-qq"])
        if subprocess.call(install, stdout=subprocess.DEVNULL):
            return fail(f"apt-get could not install {named}; its own words are above")
    still = [name for name, there in NEEDS.items() if not there()]
    return fail(f"{', '.join(still)} still missing after apt-get installed them") if still else 0


def has_font(file: str) -> bool:
    roots = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")
    return any(root.is_dir() and next(root.rglob(file), None) for root in roots)


def distribution() -> tuple[str, float]:
    """The distribution's id and version; Debian's testing and unstable have none and count as new."""
    try:
        lines = Path("/etc/os-release").read_text("utf-8").splitlines()
    except OSError:
        return "", 0.0
    facts = {key: value.strip('"') for key, _, value in (line.partition("=") for line in lines)}
    try:
        version = float(facts.get("VERSION_ID", "99"))
    except ValueError:
        version = 0.0
    return facts.get("ID", ""), version


def fail(text: str) -> int:
    print(f"test: {text}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
