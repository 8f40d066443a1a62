"""Which URLs a webhook may be sent to."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_service.domain.target import URL_MAX, Target, UrlNotAllowed, target_of

LOOPBACK = [ip_network("127.0.0.0/8"), ip_network("::1/128")]


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://example.com", Target("https", "example.com", 443, "/")),
        ("https://Example.COM/a/b?c=d&e", Target("https", "example.com", 443, "/a/b?c=d&e")),
        ("https://hooks.example.com:8443/x", Target("https", "hooks.example.com", 8443, "/x")),
        ("https://xn--bcher-kva.example/", Target("https", "xn--bcher-kva.example", 443, "/")),
        ("https://1.1.1.1/", Target("https", "1.1.1.1", 443, "/")),
        ("https://[2606:4700:4700:0::1111]/", Target("https", "2606:4700:4700::1111", 443, "/")),
        ("HTTPS://example.com/", Target("https", "example.com", 443, "/")),
    ],
)
def test_a_public_https_url_is_read_into_its_parts(url, target):
    assert target_of(url) == target


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "//example.com/", "http://example.com/", "ftp://example.com/", "file:///etc/passwd",
        "https:example.com", "https:/example.com", "https:///x", "https://", "gopher://example.com",
        "https://me@example.com/", "https://me:secret@example.com/", "https://example.com@evil.example/",
        "https://example.com/#part", "https://example.com/#", "https://example.com\\@evil.example/",
        "https://exa mple.com/", "https://example.com/ ", " https://example.com/", "https://example.com/\n",
        "https://example.com/\r\nhost: x", "https://exämple.com/", "https://example.com/ä", "https://example.com/\0",
        "https://example.com:22/", "https://example.com:80/", "https://example.com:6379/", "https://example.com:0/",
        "https://example.com:65536/", "https://example.com:x/", "https://-bad.example/", "https://bad-.example/",
        "https://a..example/", "https://example.com./", "https://.example.com/", "https://under_score.example/",
        "https://exa%6dple.com/", "https://" + "a" * 64 + ".example/", "https://example.com/" + "a" * URL_MAX,
        # Spellings of addresses.
        "https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/",
        "https://1.2.3.4.5/", "https://017700000001/", "https://example.0x10/", "https://256.256.256.256/",
        "https://1.1.1.1./",
        # Addresses that nobody on the internet has.
        "https://127.0.0.1/", "https://10.0.0.1/", "https://169.254.169.254/latest/", "https://0.0.0.0/",
        "https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[64:ff9b::7f00:1]/",
        "https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://[v1.x]/", "https://[::1/",
        "https://100.64.0.1/", "https://224.0.0.1/", "https://[2002:7f00:1::]/",
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_a_reason(url):
    with pytest.raises(UrlNotAllowed) as refused:
        target_of(url)
    assert refused.value.detail


def test_private_targets_take_plain_http_and_any_port_where_a_setting_names_them():
    assert target_of("http://127.0.0.1:9000/hook", LOOPBACK) == Target("http", "127.0.0.1", 9000, "/hook")
    assert target_of("http://[::1]:9000/hook", LOOPBACK).authority == "[::1]:9000"
    assert target_of("http://localhost/hook", LOOPBACK) == Target("http", "localhost", 80, "/hook")
    for url in ("http://10.0.0.1/", "https://169.254.169.254/", "http://1.1.1.1/", "https://1.1.1.1:22/"):
        with pytest.raises(UrlNotAllowed):
            target_of(url, LOOPBACK)


@given(st.text(max_size=80))
def test_no_text_does_anything_else_than_being_read_or_refused(text):
    for url in (text, f"https://{text}", f"https://example.com/{text}"):
        try:
            target = target_of(url)
        except UrlNotAllowed:
            continue
        assert target.scheme == "https"
        assert target.port in (443, 8443)
        assert target.path.isascii()
        assert target.path.startswith("/")
        assert not set(target.path) & set(" \r\n\t\\#")


@given(st.ip_addresses(v=4))
def test_every_number_that_spells_an_address_is_refused(address):
    number = int(address)
    for host in (str(number), hex(number), "0" + oct(number)[2:]):
        with pytest.raises(UrlNotAllowed):
            target_of(f"https://{host}/")
