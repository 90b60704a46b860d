"""The worker process: background jobs (Procrastinate) and, beside them in threads, the couriers of webhooks, of
external sites, of messages and of payments, and the sandbox of payments, which speaks by itself."""

from __future__ import annotations

import os
import threading
import time

import django

# How long couriers may take to note what has come back, beside waiting for it.
NOTE_S = 4.0


def main() -> None:
    """Work until told to stop; the signals are Procrastinate's."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ringround.config.settings")
    django.setup()
    from procrastinate.contrib.django import app

    from ringround.campaigns.courier import SiteCourier
    from ringround.http.courier import Courier
    from ringround.infra import jobs
    from ringround.infra.courier import LAST_S
    from ringround.journeys.courier import JourneyCourier
    from ringround.messaging.courier import MessageCourier
    from ringround.onboarding import sandbox
    from ringround.onboarding.asking import Asker
    from ringround.onboarding.courier import GatewayCourier

    stop = threading.Event()
    loops = [
        Courier().run, SiteCourier().run, MessageCourier().run, JourneyCourier().run, GatewayCourier().run, Asker().run,
        sandbox.run,
    ]  # fmt: skip
    couriers = [
        threading.Thread(target=one, args=(stop,), name=f"courier-{at}", daemon=True) for at, one in enumerate(loops)
    ]
    for courier in couriers:
        courier.start()
    try:
        with app.replace_connector(app.connector.get_worker_connector()) as worker:  # type: ignore[attr-defined]
            jobs.work(worker)
    finally:
        stop.set()
        end = time.monotonic() + LAST_S + NOTE_S
        for courier in couriers:
            courier.join(max(0.0, end - time.monotonic()))


if __name__ == "__main__":
    main()
