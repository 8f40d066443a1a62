from __future__ import annotations

import pytest
from flask import Flask

from auth_service import whence
from auth_service.domain import Whence

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 "
    "Mobile/15E148 Safari/604.1"
)
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "
    "Safari/537.36 Edg/126.0.0.0"
)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (FIREFOX, "Firefox 130 on Linux"),
        (IPHONE, "Mobile Safari 17 on iOS"),
        (EDGE, "Edge 126 on Windows"),
        ("curl/8.1.2", "curl 8"),
        ("python-httpx/0.27.2", "python-httpx 0.27"),
        ("my-budget-app (by me)", "my-budget-app"),
        ("", ""),
        ("<script>alert(1)</script>", ""),
        ("x" * 10_000, "x" * 40),
    ],
)
def test_a_program_is_named_as_its_owner_would_name_it(header: str, name: str) -> None:
    assert whence.device_of(header) == name


def test_a_request_tells_its_clients_address_and_program() -> None:
    with Flask("test").test_request_context(
        environ_base={"REMOTE_ADDR": "192.0.2.1"}, headers={"User-Agent": "curl/8.1.2"}
    ):
        assert whence.of_request() == Whence("192.0.2.1", "curl 8")


def test_outside_of_a_request_nothing_is_known() -> None:
    assert whence.of_request() == Whence()
