"""One browser, one kitchen and one product for all tests of a run that ask for them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests import database
from tests.conftest import SERVER
from tests.e2e import browser as browsers
from tests.e2e import product as products
from tests.e2e.kitchen import server
from tests.e2e.person import PATIENCE_MS, Person
from tests.e2e.product import Product


# Not for the session: while it is open Playwright's loop runs in this thread, and Django then refuses its database.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with browsers.chromium() as running:
        yield running


@pytest.fixture(scope="session")
def kitchen() -> Iterator[str]:
    with server.running() as url:
        yield url


@pytest.fixture(scope="session")
def product() -> Iterator[Product]:
    """The product with people and nothing else, on a virtual clock that shows a working day."""
    url = os.environ[SERVER]
    with products.running("--empty", "--clock", url=url, template=database.template(url)) as running:
        running.monday_ten()
        yield running


@pytest.fixture
def person(chromium: Browser, product: Product) -> Iterator[Callable[..., Person]]:
    """Someone with a browser of their own; at the end nothing may have been said in its console."""
    people: list[Person] = []

    def come(**options: Any) -> Person:
        people.append(Person(chromium, product, **options))
        return people[-1]

    yield come
    for one in people:
        one.leave()
