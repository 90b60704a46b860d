"""The table of routes, as Django and the API have it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from ringround.config.urls import api

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>")


@dataclass(frozen=True)
class Route:
    """`address` as written in the URL table, without the first slash."""

    address: str
    parameters: tuple[str, ...]
    callback: Any

    def path(self, **values: object) -> str:
        """A path with these values in it."""
        return "/" + _PARAMETER.sub(lambda found: str(values[found[1] or found[2]]), self.address)


@dataclass(frozen=True)
class Operation:
    """A method at an address of the API; `path` with braces, from the root."""

    method: str
    path: str
    parameters: tuple[str, ...]
    operation: Any

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def address(self) -> str:
        """As in the URL table."""
        return self.path.lstrip("/").replace("{", "<").replace("}", ">")

    @property
    def open(self) -> bool:
        return not self.operation.auth_callbacks

    def url(self, **values: object) -> str:
        return re.sub(r"{(\w+)}", lambda found: str(values[found[1]]), self.path)


def _walk(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[Route]:
    for one in patterns:
        address = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _walk(one.url_patterns, address)
        else:
            names = tuple(found[0] or found[1] for found in _PARAMETER.findall(address))
            yield Route(address, names, one.callback)


def all_routes() -> list[Route]:
    return list(_walk(get_resolver().url_patterns))


def web_routes() -> list[Route]:
    """Those that are pages, once each."""
    found = {route.address: route for route in all_routes() if not route.address.startswith("api/v1/")}
    return list(found.values())


def operations() -> list[Operation]:
    """Every operation of the API."""
    found = []
    for router in api._get_bound_routers():
        for path, view in router.path_operations.items():
            full = "/".join(part.strip("/") for part in ("api/v1", router.prefix, path) if part.strip("/"))
            full = "/" + re.sub(r"{\w+:", "{", full)
            names = tuple(re.findall(r"{(\w+)}", full))
            for operation in view.operations:
                found += [Operation(method, full, names, operation) for method in operation.methods]
    return found
