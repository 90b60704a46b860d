"""Defaults of fields."""

from __future__ import annotations


def _none() -> list[object]:
    # A named default: inside a model with a field called `list` the built-in is out of reach.
    return []
