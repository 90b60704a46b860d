#!/usr/bin/env python3
"""Bring the pinned uv into `.uv/`, and with it install the project into `.venv`. Standard library only.

    python3 scripts/bootstrap.py          uv, then the locked packages
    python3 scripts/bootstrap.py --this   the same, and `.venv` has the Python that runs this, which must be new enough
    python3 scripts/bootstrap.py --uv     uv alone; prints its path

A plain Debian `python3` has neither pip nor venv, so nothing here needs them: where pip is, it is used because it
knows every setting of its owner; else the wheel is fetched by the simple API and unpacked. Either way its hash is
checked against the ones below. Written for Python 3.8 on, to be able to tell an old Python what is missing.
"""

from __future__ import annotations

import base64
import configparser
import hashlib
import html.parser
import importlib.util
import json
import netrc
import os
import platform
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".uv"
VERSION = "0.13.9"
OLDEST_PYTHON = (3, 11)
DISTRIBUTIONS = "/usr/bin/python3"
DEFAULT_INDEX = "https://pypi.org/simple"
# The wheels of that version by machine. A new version: take the hashes from the index, on two networks.
WHEELS = {
    "x86_64": {
        "uv-0.13.9-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl": (
            "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19"
        ),
    },
    "aarch64": {
        "uv-0.13.9-py3-none-manylinux_2_28_aarch64.whl": (
            "ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375"
        ),
        "uv-0.13.9-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64.whl": (
            "5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe"
        ),
    },
}


class Trouble(Exception):
    """Something the reader has to mend; its text says what to do."""


def main() -> int:
    try:
        uv = bring_uv()
        if "--uv" in sys.argv[1:]:
            print(uv)
        else:
            install(uv)
    except Trouble as trouble:
        print(f"setup: {trouble}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as failed:
        print(f"setup: {Path(failed.cmd[0]).name} {failed.cmd[1]} failed; its own words are above", file=sys.stderr)
        return 1
    return 0


# ---- uv


def bring_uv() -> str:
    """The path of the pinned uv, fetched if it is not there yet. `UV=/path/to/uv` brings one's own."""
    own = os.environ.get("UV")
    if own:
        if shutil.which(own) is None:
            raise Trouble(f"UV names a program that is not there: {own}")
        return own
    target = HOME / VERSION / "uv"
    if is_pinned(target):
        return str(target)
    machine = platform.machine().replace("arm64", "aarch64").replace("amd64", "x86_64")
    if platform.system() != "Linux" or machine not in WHEELS:
        raise Trouble(
            f"no uv is pinned for {platform.system()} {machine}: install uv {VERSION} yourself and run "
            "`make setup UV=/path/to/uv`"
        )
    HOME.mkdir(exist_ok=True)
    print(f"setup: fetching uv {VERSION}", file=sys.stderr)
    with tempfile.TemporaryDirectory(dir=str(HOME)) as folder:
        wheel = by_pip(Path(folder), WHEELS[machine]) or by_index(Path(folder), WHEELS[machine])
        unpack(wheel, target)
    if not is_pinned(target):
        raise Trouble(f"{target} does not run on this system: install uv {VERSION} and run `make setup UV=/path/to/uv`")
    return str(target)


def is_pinned(program: Path) -> bool:
    try:
        said = subprocess.run(
            [str(program), "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return said.stdout.decode().split()[1:2] == [VERSION]


def by_pip(folder: Path, wheels: dict) -> Path | None:
    """The wheel by `pip download`, or None. Downloading changes no environment, so PEP 668 has no objection."""
    if "--no-pip" in sys.argv or importlib.util.find_spec("pip") is None:
        return None
    wanted = folder / "requirements.txt"
    hashes = " ".join(f"--hash=sha256:{value}" for value in wheels.values())
    wanted.write_text(f"uv=={VERSION} {hashes}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--require-hashes", "--disable-pip-version-check", "--dest", str(folder), "-r", str(wanted)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    found = sorted(folder.glob("uv-*.whl"))
    if done.returncode or not found:
        # Not the end: an old pip may not know the platform tag that the index offers.
        print(f"setup: pip could not fetch it ({last_line(done.stdout)}); trying without pip", file=sys.stderr)
        return None
    check_hash(found[0].read_bytes(), found[0].name, wheels)
    return found[0]


def by_index(folder: Path, wheels: dict) -> Path:
    """The wheel by the simple API of the configured package index."""
    index = configured_index() or DEFAULT_INDEX
    page_url = f"{index.rstrip('/')}/uv/"
    try:
        body, content_type, page_url = fetch(page_url)
        links = links_of(body, content_type, page_url)
        name = next((name for name in wheels if name in links), None)
        if name is None:
            raise Trouble(f"the package index {shown(index)} has no uv {VERSION} for this machine")
        content, _, _ = fetch(links[name])
    except (OSError, ValueError) as fault:
        raise Trouble(
            f"the package index {shown(index)} could not be read ({fault}); set UV_DEFAULT_INDEX or PIP_INDEX_URL to "
            "one that can be reached, and SSL_CERT_FILE if it has a certificate of its own"
        ) from None
    check_hash(content, name, wheels)
    wheel = folder / name
    wheel.write_bytes(content)
    return wheel


def check_hash(content: bytes, name: str, wheels: dict) -> None:
    if hashlib.sha256(content).hexdigest() != wheels.get(name):
        raise Trouble(f"{name} is not the file that is pinned (its sha256 differs): do not use this package index")


def unpack(wheel: Path, target: Path) -> None:
    """Put the wheel's `uv` program at `target`, by a rename, so that a broken-off run leaves nothing half made."""
    with zipfile.ZipFile(str(wheel)) as archive:
        member = next(name for name in archive.namelist() if name.endswith(".data/scripts/uv"))
        content = archive.read(member)
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name("uv.new")
    new.write_bytes(content)
    new.chmod(0o755)
    os.replace(str(new), str(target))


# ---- the package index


def configured_index() -> str | None:
    """The index its owner configured, in uv's words first, then in pip's; None for the public one."""
    for variable in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"):
        if os.environ.get(variable):
            # UV_DEFAULT_INDEX may carry a name: `mirror=https://…`.
            return re.sub(r"^[\w-]+=(?=[a-z]+://)", "", os.environ[variable].strip())
    found = None
    for path in pip_files():
        # Interpolation off: passwords in addresses carry percent signs.
        parser = configparser.RawConfigParser()
        try:
            parser.read(str(path), encoding="utf-8")
        except configparser.Error:
            continue
        for section in ("global", "download", "install"):
            if parser.has_option(section, "index-url"):
                found = parser.get(section, "index-url").strip() or found
    return found


def pip_files() -> list[Path]:
    """pip's own configuration files, weakest first."""
    named = os.environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return []
    config_dirs = (os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
    home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    files = [Path(folder) / "pip" / "pip.conf" for folder in reversed(config_dirs) if folder]
    files += [Path("/etc/pip.conf"), Path.home() / ".pip" / "pip.conf", home / "pip" / "pip.conf"]
    return files + ([Path(named)] if named else [])


def fetch(url: str) -> tuple[bytes, str, str]:
    """Content, content type and final address. Proxies come from the usual variables, by urllib itself."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "file" and Path(urllib.request.url2pathname(parts.path)).is_dir():
        url = url.rstrip("/") + "/index.html"
    accept = (
        "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1, */*;q=0.1"
    )
    headers = {"Accept": accept, "User-Agent": f"ringround-setup uv/{VERSION}"}
    user, password = credentials(parts)
    if user:
        headers["Authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        host = parts.hostname + (f":{parts.port}" if parts.port else "")
        url = urllib.parse.urlunsplit((parts.scheme, host, parts.path, parts.query, parts.fragment))
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=120, context=trust()) as answer:
        return answer.read(), answer.headers.get("Content-Type") or "", answer.geturl()


def credentials(parts: urllib.parse.SplitResult) -> tuple[str, str]:
    if parts.username:
        return urllib.parse.unquote(parts.username), urllib.parse.unquote(parts.password or "")
    try:
        known = netrc.netrc().authenticators(parts.hostname or "")
    except (OSError, netrc.NetrcParseError):
        known = None
    return (known[0], known[2] or "") if known else ("", "")


def trust() -> ssl.SSLContext:
    """The system's certificates and those of SSL_CERT_FILE and SSL_CERT_DIR, or of pip's and requests' variables."""
    context = ssl.create_default_context()
    for variable in ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        bundle = os.environ.get(variable)
        if bundle and Path(bundle).is_file() and not os.environ.get("SSL_CERT_FILE"):
            context.load_verify_locations(cafile=bundle)
    return context


class Anchors(html.parser.HTMLParser):
    """The links of an HTML simple page: file name -> href."""

    def __init__(self) -> None:
        super().__init__()
        self.found = {}

    def handle_starttag(self, tag: str, attrs: list) -> None:
        href = dict(attrs).get("href")
        if tag == "a" and href:
            name = urllib.parse.unquote(urllib.parse.urlsplit(href).path.rsplit("/", 1)[-1])
            self.found[name] = href


def links_of(body: bytes, content_type: str, page_url: str) -> dict:
    """File name -> absolute address, from either form of the simple API."""
    if "json" in content_type or body[:1] == b"{":
        found = {file["filename"]: file["url"] for file in json.loads(body.decode("utf-8"))["files"]}
    else:
        anchors = Anchors()
        anchors.feed(body.decode("utf-8", "replace"))
        found = anchors.found
    return {name: urllib.parse.urljoin(page_url, url) for name, url in found.items()}


def shown(url: str) -> str:
    """An address without its password."""
    parts = urllib.parse.urlsplit(url)
    return parts._replace(netloc=parts.netloc.rsplit("@", 1)[-1]).geturl()


def last_line(output: bytes) -> str:
    lines = output.decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip() if lines else "it said nothing"


# ---- the project's own packages


def install(uv: str) -> None:
    """Bring `.venv` to what `uv.lock` says. A fraction of a second when it already is."""
    environment = dict(os.environ, UV_PYTHON_DOWNLOADS="never", UV_NO_PROGRESS=os.environ.get("UV_NO_PROGRESS", "1"))
    # Somebody's own activated environment must not be taken for the project's.
    environment.pop("VIRTUAL_ENV", None)
    environment["UV_PROJECT_ENVIRONMENT"] = str(ROOT / ".venv")
    venv_python = ROOT / ".venv" / "bin" / "python"
    python = str(venv_python) if new_enough(str(venv_python)) else find_python()
    index = configured_index()
    stamp = ROOT / ".venv" / ".installed"
    locked = "".join(hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in ("uv.lock", "pyproject.toml"))
    said = f"{index} {locked}"
    done = stamp.is_file() and stamp.read_text() == said
    if not done:
        print("setup: installing the locked packages", flush=True)
    if index is None or index.rstrip("/") == DEFAULT_INDEX:
        # Also when nothing changed: it takes no time, and mends what somebody broke.
        run([uv, "sync", "--frozen", "--quiet", "--python", python], environment)
        stamp.write_text(said)
        return
    if done:
        return
    # The lock names files at the public index. Behind a mirror the same versions and hashes are asked of the mirror.
    environment["UV_DEFAULT_INDEX"] = index
    HOME.mkdir(exist_ok=True)
    wanted = HOME / "requirements.txt"
    export = [uv, "export", "--frozen", "--no-emit-project", "--quiet", "--python", python]
    run([*export, "--output-file", str(wanted)], environment)
    if not venv_python.exists():
        run([uv, "venv", "--quiet", "--python", python, str(ROOT / ".venv")], environment)
    run([uv, "pip", "sync", "--quiet", "--require-hashes", "--python", str(venv_python), str(wanted)], environment)
    run(
        [uv, "pip", "install", "--quiet", "--no-deps", "--python", str(venv_python), "--editable", str(ROOT)],
        environment,
    )
    stamp.write_text(said)


def run(command: list, environment: dict) -> None:
    subprocess.run(command, env=environment, cwd=str(ROOT), check=True)


def find_python() -> str:
    """A Python that is new enough: the distribution's (ADR 0431), else the one that runs this, else one on the path.
    Where one was named that one, or trouble."""
    names = [sys.executable]
    if "--this" not in sys.argv[1:]:
        numbered = (f"python3.{minor}" for minor in range(14, OLDEST_PYTHON[1] - 1, -1))
        names = [DISTRIBUTIONS, *names, "python3", *numbered]
    for name in names:
        path = shutil.which(name)
        if path and new_enough(path):
            return path
    wanted = ".".join(map(str, OLDEST_PYTHON))
    raise Trouble(
        f"Python {wanted} or later is needed and was not found (this one is {platform.python_version()}): install one, "
        f"for instance `apt install python3` on Debian 12 or Ubuntu 24.04, and see that it is on the PATH"
    )


def new_enough(python: str) -> bool:
    code = f"import sys; sys.exit(sys.version_info < {OLDEST_PYTHON!r})"
    try:
        return subprocess.run([python, "-c", code], stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
