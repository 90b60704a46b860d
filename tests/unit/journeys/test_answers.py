"""What the answer of an address means to the run that has called it."""

from __future__ import annotations

import pytest

from ringround.journeys.rules.answers import is_final, reason_of


@pytest.mark.parametrize(
    ("status", "error", "reason", "final"),
    [
        (200, "", "", False), (404, "refused", "404", True), (302, "redirect", "302", True),
        (503, "refused", "503", False), (429, "refused", "429", False), (408, "refused", "408", False),
        (None, "timeout", "timeout", False), (None, "private_target", "private_target", True),
        (None, "bad_url", "bad_url", True), (None, "internal", "internal", False),
    ],
)  # fmt: skip
def test_a_refusal_is_final_where_another_try_would_be_refused_too(
    status: int | None, error: str, reason: str, final: bool
) -> None:
    assert (reason_of(status, error), is_final(reason)) == (reason, final)
