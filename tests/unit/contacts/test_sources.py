"""Where a suppression is from, in words."""

from __future__ import annotations

import pytest
from django.utils import translation

from ringround.contacts import texts
from ringround.contacts.actions.erase import BY_ERASING
from ringround.messaging.rules.stop import BY_STOP
from ringround.messaging.rules.tracking import BY_LINK


@pytest.mark.parametrize("source", [BY_STOP, BY_LINK, BY_ERASING])
def test_what_we_have_written_is_said_in_the_readers_language(source: str) -> None:
    said = set()
    for language in ("da", "en"):
        with translation.override(language):
            said.add(str(texts.source_text(source)))
    assert len(said) == 2


def test_what_somebody_else_has_written_stays() -> None:
    assert texts.source_text("Robinson") == "Robinson"
