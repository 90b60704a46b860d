"""The guide: what it shows is there, and what is there is shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs" / "guide").glob("*.md")])
PICTURES = sorted((ROOT / "docs" / "screenshots").glob("*.png"))
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
LARGEST = 250_000


def slug(heading: str) -> str:
    """As GitHub and Forgejo name the anchor of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def links(page: Path) -> list[str]:
    return [link for link in LINK.findall(page.read_text()) if "://" not in link and not link.startswith("mailto:")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in {slug(one) for one in HEADING.findall(target.read_text())}, link


def test_every_picture_is_shown_and_is_small() -> None:
    shown = {(page.parent / link).resolve() for page in PAGES for link in links(page)}
    assert [one.name for one in PICTURES if one not in shown] == []
    assert [one.name for one in PICTURES if one.stat().st_size > LARGEST] == []
