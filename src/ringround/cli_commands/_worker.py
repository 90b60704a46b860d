"""The worker process: background jobs (Procrastinate) and, beside them in a thread, the courier of webhooks."""

from __future__ import annotations

import os
import threading

import django
from django.core.management import execute_from_command_line

# How long the courier may take to note what has just come back.
LAST_ROUND_S = 5.0


def main() -> None:
    """Work until told to stop; the signals are Procrastinate's."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringround.config.settings")
    django.setup()
    from ringround.http.courier import Courier

    stop = threading.Event()
    courier = threading.Thread(target=Courier().run, args=(stop,), name="courier", daemon=True)
    courier.start()
    try:
        execute_from_command_line(["ringround", "procrastinate", "worker", "--concurrency", "2"])
    finally:
        stop.set()
        courier.join(LAST_ROUND_S)


if __name__ == "__main__":
    main()
