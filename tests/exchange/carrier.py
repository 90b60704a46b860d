"""A carrier on loopback: one sipp, which does with a call what the last two digits of the dialled number say.

    01  busy (486)                        06  declined (603)
    02  rings until the caller gives up   07  answers after 3 s
    03  no such number (404)              08  answers, and hangs up after 1.5 s
    04  answers: a machine's greeting     09  answers, and says nothing
    05  no line free (503)                10  never says anything
    99  answers at once and stays: stands in for an agent's telephone
    else  rings for 0.2 s, answers as a person does, and hangs up after 20 s

Its log says how each call went, by itself: what the product has written down is held against that.
"""

from __future__ import annotations

import math
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.exchange.scenario import scenario

RATE = 8000
PATIENCE_S = 10.0
HEADER = "X-Carrier: loopback"
CALL_HEADER = "X-Ringround-Call"


@dataclass(frozen=True)
class Line:
    """A call as the carrier has it: our id from its header, the number, and what it did."""

    call: str
    number: str
    did: str


@dataclass
class Carrier:
    port: int
    folder: Path
    process: subprocess.Popen[bytes]

    def log(self) -> list[Line]:
        """Every call so far, in the order of what the carrier did last with it."""
        path = self.folder / "calls.log"
        found = re.findall(r"^(\w+) \|[^|]*?sip:([+0-9]+)@[^|]*\|(?:\s*\S+:)?\s*(\S*)$", path.read_text(), re.MULTILINE)
        return [Line(call, number, did) for did, number, call in found]


@contextmanager
def running(folder: Path, port: int, control: int, media: int) -> Iterator[Carrier]:
    """The carrier until the end of the block; `media` is the first of its ports for sound."""
    if shutil.which("sipp") is None:
        raise RuntimeError("there is no sipp here: `make test` installs it (scripts/system_packages.py)")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "person.ulaw").write_bytes(person())
    (folder / "machine.ulaw").write_bytes(machine())
    (folder / "carrier.xml").write_text(scenario(folder))
    (folder / "calls.log").touch()
    command = [
        "sipp", "-sf", "carrier.xml", "-i", "127.0.0.1", "-p", str(port), "-mi", "127.0.0.1", "-mp", str(media),
        "-ci", "127.0.0.1", "-cp", str(control), "-nostdin", "-trace_logs", "-log_file", "calls.log",
        "-log_overwrite", "false", "-rtp_threadtasks", "50",
    ]  # fmt: skip
    with (folder / "said.txt").open("wb") as said:
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    try:
        _wait(port, process, folder)
        yield Carrier(port, folder, process)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _wait(port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    until, mine = time.monotonic() + PATIENCE_S, f":{port:04X}"
    while time.monotonic() < until and process.poll() is None:
        if any(line.split()[1].endswith(mine) for line in Path("/proc/net/udp").read_text().splitlines()[1:]):
            return
        time.sleep(0.05)
    raise RuntimeError(f"the carrier does not listen on {port}:\n{(folder / 'said.txt').read_text()[-2000:]}")


# ---- what is heard


def person() -> bytes:
    """'Hello?', a pause for the answer, and then talk: G.711 µ-law, 8 kHz."""
    return ulaw([*voice(0.5), *silence(2.0), *(part for _ in range(12) for part in (*voice(0.7), *silence(0.4)))])


def machine() -> bytes:
    """A greeting of many words without a pause for anybody."""
    return ulaw([part for _ in range(20) for part in (*voice(0.6), *silence(0.1))])


def silence(seconds: float) -> list[int]:
    return [0] * int(RATE * seconds)


def voice(seconds: float, pitch: float = 180.0, loud: float = 9000.0) -> list[int]:
    """Something with the loudness and the overtones of a voice; a test knows whose it is by its pitch."""
    return [
        int(loud * sum(math.sin(2 * math.pi * pitch * part * n / RATE) / part for part in (1, 2, 3)) / 2)
        for n in range(int(RATE * seconds))
    ]


def ulaw(samples: list[int]) -> bytes:
    """G.711 µ-law of 16 bit samples."""
    return bytes(_ulaw(sample) for sample in samples)


def _ulaw(sample: int) -> int:
    sign, size = (0x80, -sample) if sample < 0 else (0, sample)
    size = min(size, 32_635) + 0x84
    exponent = size.bit_length() - 8
    return ~(sign | exponent << 4 | size >> (exponent + 3) & 0x0F) & 0xFF
