from __future__ import annotations

from pathlib import Path

import pytest
from flask import request

from service_kit.client_address import UNKNOWN, address_reader, is_within, networks_of, site_of
from service_kit.env import Settings
from tests.unit.service_kit.sample_app import sample_app

PROXIES = networks_of("10.0.0.0/8, ::1")


def heard(peer: str, forwarded: str | None) -> str:
    environ = {"REMOTE_ADDR": peer} | ({} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded})
    return address_reader(PROXIES)(environ) or peer


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.7", None, "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.2.3.4,198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("::1", "2001:db8::7", "2001:db8::7"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, unknown", UNKNOWN),
        ("10.0.0.1", "198.51.100.1, <script>, 10.0.0.2", UNKNOWN),
        ("10.0.0.1", "198.51.100.1,", UNKNOWN),
        ("203.0.113.7", "unknown", "203.0.113.7"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
    ],
)
def test_the_client_is_the_first_from_the_right_that_is_no_proxy_of_ours(
    peer: str, forwarded: str | None, client: str
) -> None:
    assert heard(peer, forwarded) == client


@pytest.mark.parametrize(("trusted", "seen"), [("", "127.0.0.1"), ("127.0.0.1", "198.51.100.1")])
def test_a_forged_header_changes_nothing_unless_a_proxy_is_trusted(tmp_path: Path, trusted: str, seen: str) -> None:
    app = sample_app(tmp_path, trusted_proxies=trusted)
    app.add_url_rule("/v1/whence", view_func=lambda: request.remote_addr or "")

    answer = app.test_client().get("/v1/whence", headers={"X-Forwarded-For": "198.51.100.1"})

    assert answer.text == seen


def test_the_proxies_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PORT", "5000")
    monkeypatch.setenv("TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1")

    assert Settings.from_env().trusted_proxies == networks_of("10.0.0.0/8,192.0.2.1")


@pytest.mark.parametrize("wrong", ["proxy.example", "10.0.0.1/8", "10.0.0.0/33", "1"])
def test_proxies_that_are_no_networks_stop_the_start_by_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wrong: str
) -> None:
    monkeypatch.setenv("HTTP_PORT", "5000")
    monkeypatch.setenv("TRUSTED_PROXIES", wrong)

    with pytest.raises(SystemExit):
        Settings.from_env()

    assert "TRUSTED_PROXIES is not usable; expected: addresses and networks" in capsys.readouterr().err


def test_an_ipv6_client_is_known_by_the_network_that_is_all_its_own() -> None:
    assert site_of("2001:db8:1:2:3::4") == site_of("2001:db8:1:2::") == "2001:db8:1:2::/64"
    assert site_of("::ffff:198.51.100.1") == site_of("198.51.100.1") == "198.51.100.1"
    assert site_of("unix") == "unix"


def test_what_is_no_address_lies_in_no_network() -> None:
    assert is_within("10.1.2.3", PROXIES)
    assert not is_within("unix", PROXIES)
    assert not is_within(UNKNOWN, networks_of("0.0.0.0/0, ::/0"))
