"""What an answer in the address of a list of leads may be."""

from __future__ import annotations

import pytest

from ringround.campaigns.api.shapes.leads import _meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [("5", ["5", 5]), ("true", ["true", True]), ("Ja", ["Ja"]), ("[1]", ["[1]"]), ("[" * 100_000, ["[" * 100_000])],
    ids=["number", "yes", "text", "list", "brackets"],
)
def test_an_answer_is_its_text_and_what_it_spells(written: str, meant: list[object]) -> None:
    assert _meant(written) == meant
