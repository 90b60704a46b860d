"""`python -m ringround.infra.relay`: what the supervisor starts."""

from __future__ import annotations

import importlib
import os
import signal
from threading import Event as Flag

import django

from ringround.infra.garbage import settle
from ringround.infra.stopping import stop_on

# Objects made between two looks for garbage: a round makes some ten thousand, and nearly all go by themselves.
GARBAGE = (50_000, 20, 50)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringround.config.settings")
    django.setup()
    # The cellar may not know the wiring; only this entry point, which is nobody's import, looks it up by name.
    relay = importlib.import_module("ringround.config.wiring").make_relay()
    stop = Flag()
    stop_on((signal.SIGTERM, signal.SIGINT), stop)
    settle(*GARBAGE)
    relay.run(stop)


if __name__ == "__main__":
    main()
