"""The address and the scheme come from a trusted proxy, and from nobody else."""

from __future__ import annotations

import dataclasses
import ipaddress
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from ringround.http.middleware import ProxyMiddleware


@pytest.fixture(autouse=True)
def one_proxy(settings: Any) -> None:
    networks = (ipaddress.ip_network("10.0.0.0/8"),)
    settings.RINGROUND = dataclasses.replace(settings.RINGROUND, trusted_proxy=networks)


def seen(remote: str, **headers: str) -> tuple[str, str, bool]:
    found: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        found.append(request)
        return HttpResponse()

    request = RequestFactory().get("/", REMOTE_ADDR=remote, headers=headers)
    ProxyMiddleware(view)(request)
    return found[0].META["REMOTE_ADDR"], found[0].scheme or "", "HTTP_X_FORWARDED_FOR" in found[0].META


def test_a_stranger_cannot_choose_an_address_or_a_scheme() -> None:
    headers = {"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https"}
    assert seen("8.8.8.8", **headers) == ("8.8.8.8", "http", False)


def test_a_trusted_proxy_is_believed() -> None:
    headers = {"X-Forwarded-For": "1.2.3.4", "X-Forwarded-Proto": "https"}
    assert seen("10.0.0.1", **headers) == ("1.2.3.4", "https", False)


def test_what_the_caller_put_before_the_proxies_is_not_believed() -> None:
    assert seen("10.0.0.1", **{"X-Forwarded-For": "9.9.9.9, 1.2.3.4, 10.0.0.2"})[0] == "1.2.3.4"


@pytest.mark.parametrize("garbage", ["", ",", "unknown", "1.2.3.4:5000", "<script>", "10.0.0.9"])
def test_garbage_is_passed_over(garbage: str) -> None:
    assert seen("10.0.0.1", **{"X-Forwarded-For": garbage})[0] in ("10.0.0.1", "10.0.0.9")


def test_an_address_of_version_6() -> None:
    assert seen("10.0.0.1", **{"X-Forwarded-For": "2001:db8::1"})[0] == "2001:db8::1"


def test_an_address_is_kept_without_its_interface() -> None:
    assert seen("fe80::1%eth0")[0] == "fe80::1"
