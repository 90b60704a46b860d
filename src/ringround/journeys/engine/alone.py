"""One engine at a time; and nobody changes what runs while it is at work."""

from __future__ import annotations

from ringround.infra import sql

LOCK = 7_264_040  # "journeys" among the product's advisory locks


def alone() -> None:
    """Wait until nobody else has it, and keep it to the end of the transaction.

    Who holds or resumes a journey takes it, too: a batch under way has seen the journey as it was, and would put a
    timer aside after all of them have been given back.
    """
    sql.row("journeys", "alone", lock=LOCK)
