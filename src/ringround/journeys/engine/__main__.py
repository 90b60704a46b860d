"""`python -m ringround.journeys.engine`: what the supervisor starts."""

from __future__ import annotations

import os
import signal
from threading import Event as Flag

import django


def main() -> None:
    """Move runs until told to stop."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringround.config.settings")
    django.setup()
    from ringround.infra.garbage import settle
    from ringround.journeys.engine.loop import GARBAGE, Engine

    stop = Flag()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    settle(*GARBAGE)
    Engine().run(stop)


if __name__ == "__main__":
    main()
