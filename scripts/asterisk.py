#!/usr/bin/env python3
"""A real Asterisk for tests and for `make demo-phone`, beside a checkout: no root, no chroot, nothing of the machine's
packages is touched.

    .venv/bin/python scripts/asterisk.py install     what Debian has, unpacked into .cache/asterisk; prints its version
    .venv/bin/python scripts/asterisk.py remove      takes it away again

apt resolves and fetches into a folder of its own, with an empty list of what is installed, so that every library comes
along, libc included; each package is verified by apt as on any machine. `dpkg-deb` unpacks them, and the program runs
by the unpacked loader with the unpacked libraries. Debian has Asterisk 22 in its rolling suite alone.
"""

from __future__ import annotations

import fcntl
import getpass
import math
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ringround.telephony.exchanges.asterisk import config

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".cache" / "asterisk"
SUITE = "sid"
# REST over the websocket of events came with these.
OLDEST = {20: 14, 21: 9, 22: 4}
PATIENCE_S = 30.0
# In the order of loading. By name, so that nothing listens or runs that is not wanted; res_pjsip_pubsub is not, but
# chan_pjsip does not load without it.
MODULES = """
    res_timing_timerfd res_crypto res_sorcery_config res_sorcery_memory res_sorcery_astdb res_musiconhold pbx_config
    res_http_websocket res_websocket_client res_stasis res_stasis_answer res_stasis_playback res_stasis_recording
    res_stasis_snoop res_stasis_device_state
    res_ari res_ari_model res_ari_applications res_ari_asterisk res_ari_bridges res_ari_channels res_ari_device_states
    res_ari_endpoints res_ari_events res_ari_playbacks res_ari_recordings res_ari_sounds app_stasis
    res_pjproject res_pjsip res_pjsip_session res_pjsip_pubsub res_pjsip_sdp_rtp res_pjsip_nat res_pjsip_caller_id
    res_pjsip_header_funcs res_pjsip_rfc3326 res_pjsip_dtmf_info res_pjsip_dlg_options
    res_pjsip_endpoint_identifier_ip res_pjsip_endpoint_identifier_user res_pjsip_authenticator_digest
    res_pjsip_outbound_authenticator_digest res_pjsip_registrar res_pjsip_outbound_registration
    res_pjsip_transport_websocket res_rtp_asterisk res_srtp chan_pjsip
    res_format_attr_opus codec_ulaw codec_alaw codec_a_mu codec_g722 codec_resample codec_opus_open_source
    format_pcm format_wav format_sln format_gsm codec_gsm
    bridge_simple bridge_native_rtp bridge_softmix bridge_holding chan_bridge_media
    app_amd app_playtones app_senddtmf func_channel func_callerid func_hangupcause func_talkdetect func_timeout
    func_volume
"""
# What installation scripts would need and Asterisk does not.
NEEDLESS = re.compile(
    r"^(perl|gnupg|gpg|dirmngr|pinentry|adduser|passwd|login|debconf|base-passwd|tzdata|pci\.ids)|-l10n$"
)
DOCUMENTS = ("doc", "man", "locale")


class Trouble(Exception):
    """Something the reader has to mend; its text says what to do."""


@dataclass(frozen=True)
class Installed:
    """An unpacked Asterisk."""

    root: Path

    @property
    def libraries(self) -> Path:
        return next(path.parent for path in sorted(self.root.glob("usr/lib/*/libc.so.6")))

    @property
    def modules(self) -> Path:
        return self.libraries / "asterisk" / "modules"

    def command(self, *arguments: str) -> list[str]:
        """What runs it with these arguments."""
        loader = next(path for path in sorted(self.root.glob("usr/lib*/**/ld-linux-*.so.*")))
        return [str(loader), "--library-path", str(self.libraries), str(self.root / "usr/sbin/asterisk"), *arguments]

    def version(self) -> tuple[int, int]:
        said = subprocess.run(self.command("-V"), capture_output=True, text=True, check=True).stdout
        found = re.search(r"Asterisk (\d+)\.(\d+)", said)
        if found is None:
            raise Trouble(f"{self.root} does not say which Asterisk it is: {said.strip()!r}")
        return int(found[1]), int(found[2])


def main(arguments: Sequence[str]) -> int:
    try:
        match list(arguments):
            case ["install"]:
                major, minor = install().version()
                print(f"asterisk: {major}.{minor} in {HOME}")
            case ["remove"]:
                shutil.rmtree(HOME, ignore_errors=True)
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except Trouble as trouble:
        print(f"asterisk: {trouble}", file=sys.stderr)
        return 1
    return 0


def install() -> Installed:
    """The unpacked Asterisk, fetched if it is not there; two at once wait for each other."""
    HOME.mkdir(parents=True, exist_ok=True)
    root = HOME / "root"
    with _alone(HOME / "lock"):
        if not root.is_dir():
            new, apt = HOME / "root.new", HOME / "apt"
            for left in (new, apt):
                shutil.rmtree(left, ignore_errors=True)
            _fetch(apt)
            _unpack(apt / "cache" / "archives", new)
            _judge(Installed(new))
            # By a rename: what broke off half-way is not taken for whole.
            new.rename(root)
            shutil.rmtree(apt)
    return Installed(root)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch(apt: Path) -> None:
    for needed in ("apt-get", "dpkg-deb"):
        if shutil.which(needed) is None:
            raise Trouble(f"there is no {needed} here: the tests of real calls need Debian 12 or later")
    for folder in ("sources", "state/lists/partial", "cache/archives/partial"):
        (apt / folder).mkdir(parents=True)
    (apt / "status").touch()
    (apt / "sources" / "asterisk.sources").write_text(_source())
    options = {
        "Dir::Etc::SourceList": "/dev/null", "Dir::Etc::SourceParts": apt / "sources", "Dir::State": apt / "state",
        "Dir::State::status": apt / "status", "Dir::Cache": apt / "cache", "APT::Sandbox::User": getpass.getuser(),
        "Acquire::Languages": "none", "Acquire::Retries": 3, "Debug::NoLocking": 1,
    }  # fmt: skip
    given = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
    for what in (["update"], ["install", "--yes", "--no-install-recommends", "--download-only", "asterisk"]):
        done = subprocess.run(["apt-get", "-q", *given, *what], capture_output=True, text=True)
        # An `update` that failed says so by warnings alone.
        if done.returncode or (what == ["update"] and "Failed to fetch" in done.stdout + done.stderr):
            lines = [line for line in (done.stdout + done.stderr).splitlines() if line[:2] in ("E:", "W:")]
            raise Trouble(
                f"Debian's packages of Asterisk could not be fetched (apt-get {what[0]}): {' '.join(lines[:3])}. "
                "Try again when the package registry answers; the tests of real calls need it once."
            )


def _source() -> str:
    """The machine's own first source of Debian's packages, for the suite that has Asterisk: same mirror, same keys."""
    parts = Path("/etc/apt/sources.list.d")
    for path in sorted(parts.glob("*.sources")):
        for stanza in re.split(r"\n\s*\n", path.read_text()):
            lines = [line for line in stanza.splitlines() if line and not line.startswith("#")]
            if any(line.startswith("URIs:") and "debian" in line for line in lines):
                return "\n".join(f"Suites: {SUITE}" if line.startswith("Suites:") else line for line in lines) + "\n"
    for path in (Path("/etc/apt/sources.list"), *sorted(parts.glob("*.list"))):
        for line in path.read_text().splitlines() if path.is_file() else ():
            found = re.match(r"deb\s+(?:\[([^]]*)\]\s+)?(\S*debian\S*)\s", line)
            if found:
                signed = re.search(r"signed-by=(\S+)", found[1] or "")
                keys = f"Signed-By: {signed[1]}\n" if signed else ""
                return f"Types: deb\nURIs: {found[2]}\nSuites: {SUITE}\nComponents: main\n{keys}"
    raise Trouble(
        "no source of Debian's packages is set up in /etc/apt: the tests of real calls need Debian 12 or later"
    )


def _unpack(archives: Path, root: Path) -> None:
    root.mkdir()
    names = []
    for package in sorted(archives.glob("*.deb")):
        if NEEDLESS.search(package.name.partition("_")[0]):
            continue
        subprocess.run(["dpkg-deb", "-x", str(package), str(root)], check=True)
        names.append(package.name)
    (root / "packages.txt").write_text("\n".join(names) + "\n")
    for folder in DOCUMENTS:
        shutil.rmtree(root / "usr" / "share" / folder, ignore_errors=True)


@dataclass
class Running:
    """An Asterisk on loopback, with everything it writes in `folder`."""

    installed: Installed
    folder: Path
    setup: config.Setup
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.setup.http_port}"

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def says(self, command: str) -> str:
        """What it answers at its own console."""
        asked = self.installed.command("-C", str(self.folder / "etc/asterisk.conf"), "-rx", command)
        return subprocess.run(asked, capture_output=True, text=True, timeout=PATIENCE_S).stdout

    def start(self) -> None:
        """Start it again, after it was killed or stopped, with the same configuration and what it has kept."""
        self.process = _started(self.installed, self.folder)
        self._wait()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.alive:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.kill()

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if not self.alive:
                break
            if "fully booted" in self.says("core waitfullybooted"):
                return
            time.sleep(0.1)
        self.stop()
        said = (self.folder / "log" / "stdout").read_text(errors="replace")[-2000:]
        raise Trouble(f"Asterisk did not come up on 127.0.0.1:{self.setup.http_port}:\n{said}")


@contextmanager
def running(folder: Path, setup: config.Setup) -> Iterator[Running]:
    """An Asterisk of this setup, on loopback, until the end of the block. Ports of 0 are chosen among free ones."""
    installed = install()
    setup = replace(
        setup,
        address="127.0.0.1",
        sip_port=setup.sip_port or free_port(socket.SOCK_DGRAM),
        http_port=setup.http_port or free_port(socket.SOCK_STREAM),
        candidates=dict.fromkeys(_own_addresses(), "127.0.0.1"),
        hold_music=str(folder / "hold"),
    )
    for part in ("etc", "hold", "varlib/keys", "spool/recording", "spool/tmp", "cache", "run", "log"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for name, text in {**_shell(installed, folder), **config.files(setup)}.items():
        (folder / "etc" / name).write_text(text)
    _tone(folder / "hold" / "hold.wav")
    it = Running(installed, folder, setup, _started(installed, folder))
    try:
        it._wait()
        yield it
    finally:
        it.stop()


def free_port(kind: socket.SocketKind) -> int:
    """A port of loopback that nobody has now."""
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _started(installed: Installed, folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "log" / "stdout").open("ab") as out:
        return subprocess.Popen(
            installed.command("-f", "-C", str(folder / "etc/asterisk.conf")),
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=folder,
        )  # fmt: skip


def _tone(path: Path) -> None:
    """What an agent who waits hears: a soft low tone for a fifth of a second, each two seconds."""
    rate, loud = 8000, 2600
    heard = [
        int(loud * math.sin(2 * math.pi * 220 * n / rate) * math.sin(math.pi * n / (rate / 5))) if n < rate / 5 else 0
        for n in range(2 * rate)
    ]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(struct.pack(f"<{len(heard)}h", *heard))


def _own_addresses() -> list[str]:
    said = subprocess.run(["hostname", "-I"], capture_output=True, text=True).stdout
    return said.split()


def _shell(installed: Installed, folder: Path) -> dict[str, str]:
    """What an Asterisk that is installed has by itself: its folders, its modules, its log."""
    folders = {
        "astetcdir": folder / "etc", "astmoddir": installed.modules,
        "astdatadir": installed.root / "usr/share/asterisk",
        "astvarlibdir": folder / "varlib", "astdbdir": folder / "varlib", "astkeydir": folder / "varlib",
        "astspooldir": folder / "spool", "astcachedir": folder / "cache", "astrundir": folder / "run",
        "astlogdir": folder / "log", "astsbindir": installed.root / "usr/sbin",
    }  # fmt: skip
    lines = "\n".join(f"{name} => {path}" for name, path in folders.items())
    loaded = "\n".join(f"load = {name}.so" for name in MODULES.split())
    return {
        "asterisk.conf": f"[directories]\n{lines}\n\n[options]\nnocolor = yes\nhideconnect = yes\nmaxfiles = 20000\n",
        "modules.conf": f"[modules]\nautoload = no\n{loaded}\n",
        "logger.conf": "[general]\ndateformat = %F %T.%3q\n\n[logfiles]\nmessages => notice,warning,error\n",
        "pjproject.conf": "[log_mappings]\ntype = log_mappings\nasterisk_error = 0,1\nasterisk_warning = 2\n",
        "codecs.conf": "[opus]\ntype = opus\n",
        "indications.conf": "[general]\ncountry = dk\n\n[dk]\ndescription = Denmark\nring = 425/1000,0/4000\n"
        "dial = 425\nbusy = 425/500,0/500\ncongestion = 425/250,0/250\nringcadence = 1000,4000\n",
        "manager.conf": "[general]\nenabled = no\n",
        **dict.fromkeys(("cdr.conf", "cel.conf"), "[general]\nenable = no\n"),
        "stasis.conf": "[threadpool]\ninitial_size = 5\nidle_timeout_sec = 20\nmax_size = 50\n",
        **dict.fromkeys(("features.conf", "ccss.conf", "udptl.conf"), "[general]\n"),
        "acl.conf": "",
        "websocket_client.conf": "",
    }


def _judge(installed: Installed) -> None:
    major, minor = installed.version()
    if minor < OLDEST.get(major, 0) or major < min(OLDEST):
        raise Trouble(f"Debian has Asterisk {major}.{minor} now; REST over the websocket needs 22.4 or later")


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main(sys.argv[1:]))
