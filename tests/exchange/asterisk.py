"""The project's own script that gets and runs an Asterisk (`scripts/asterisk.py`), for tests."""

from __future__ import annotations

import importlib.util
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from ringround.telephony.exchanges.asterisk.config import Setup, Trunk
from tests.exchange import carrier

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "asterisk.py"
PASSWORD, TRUNK = "of-the-tests", "loopback"


@dataclass
class Wired:
    """An Asterisk with a trunk to a carrier. `asterisk` is the script's `Running`."""

    asterisk: Any
    carrier: carrier.Carrier


def script() -> ModuleType:
    if (known := sys.modules.get("asterisk_script")) is not None:
        return known
    specification = importlib.util.spec_from_file_location("asterisk_script", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    sys.modules["asterisk_script"] = module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@contextmanager
def running(folder: Path) -> Iterator[Wired]:
    """Both until the end of the block, on ports that are free."""
    own = script()
    port, control = own.free_port(socket.SOCK_DGRAM), own.free_port(socket.SOCK_DGRAM)
    # Each call takes two ports for its sound, upwards from the first.
    media = 20_000 + own.free_port(socket.SOCK_DGRAM) % 20_000 // 2 * 2
    trunk = Trunk(name=TRUNK, host="127.0.0.1", port=port, codecs=("ulaw",), header=carrier.HEADER)
    setup = Setup(ari_password=PASSWORD, sip_port=0, http_port=0, trunks=[trunk])
    with (
        carrier.running(folder / "carrier", port, control, media) as line,
        own.running(folder / "asterisk", setup) as asterisk,
    ):
        yield Wired(asterisk, line)
