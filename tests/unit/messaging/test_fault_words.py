"""What a provider's fault is called."""

from __future__ import annotations

import pytest

from ringround.messaging.texts import fault_text


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("unreachable timeout", "The other side did not answer in time."),
        ("private_target", "The name leads into a private network. Nothing was sent."),
        ("credentials", "The provider did not accept our sign-in"),
        ("rate HTTP 429", "The provider asked to wait (HTTP 429)"),
        ("theirs", "theirs"),
    ],
)
def test_a_fault_is_told_in_words_with_what_the_provider_said(fault: str, words: str) -> None:
    assert fault_text(fault) == words
