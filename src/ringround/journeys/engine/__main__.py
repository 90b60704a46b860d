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
    from ringround.infra.stopping import stop_on
    from ringround.journeys.engine.loop import GARBAGE, Engine

    stop = Flag()
    stop_on((signal.SIGTERM, signal.SIGINT), stop)
    settle(*GARBAGE)
    Engine().run(stop)


if __name__ == "__main__":
    main()
