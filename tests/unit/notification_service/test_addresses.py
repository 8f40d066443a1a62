"""Which addresses a webhook may be sent to."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notification_service.domain.address import address_of, is_among, is_public

SPECIAL = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.77.1.1",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.9", "192.0.0.170", "192.0.2.1",
    "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.88.99.1",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "::127.0.0.1", "::8.8.8.8",
    "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1", "100::1", "2001::1", "2001:db8::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:20::1", "2002:7f00:1::1", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1",
    "fec0::1", "ff02::1", "ff0e::1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
    "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.167.255.255", "192.169.0.0", "198.17.255.255",
    "198.20.0.0", "223.255.255.255", "2001:200::1", "2001:4860:4860::8888", "2606:4700:4700::1111", "2a00:1450:4001::1",
]  # fmt: skip


@pytest.mark.parametrize("text", SPECIAL)
def test_what_is_special_is_not_public(text):
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_what_anybody_on_the_internet_may_have_is_public(text):
    assert is_public(ip_address(text))


@given(st.ip_addresses())
def test_nothing_is_public_that_python_calls_private_or_special(address):
    special = (
        address.is_private,
        address.is_loopback,
        address.is_link_local,
        address.is_multicast,
        address.is_reserved,
        address.is_unspecified,
        not address.is_global,
    )
    assert not (is_public(address) and any(special))


@given(st.ip_addresses(v=4))
def test_no_ipv4_address_gets_through_inside_an_ipv6_address(inner):
    number = int(inner)
    carried = [
        IPv6Address((0xFFFF << 32) | number),  # mapped
        IPv6Address((0xFFFF << 48) | number),  # translated
        IPv6Address(number),  # compatible
        IPv6Address((0x64_FF9B << 96) | number),  # NAT64
        IPv6Address((0x64_FF9B_0001 << 80) | number),  # NAT64 of one's own
        IPv6Address((0x2002 << 112) | (number << 80)),  # 6to4
        IPv6Address((0x2001_0000 << 96) | (number ^ 0xFFFFFFFF)),  # Teredo
    ]
    assert [str(address) for address in carried if is_public(address)] == []


@given(st.ip_addresses())
def test_an_address_is_read_back_as_it_was_written(address):
    assert address_of(str(address)) == address


@pytest.mark.parametrize(
    "text", ["2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "localhost", "", "1.2.3.4.5"]
)
def test_other_spellings_are_no_addresses(text):
    assert address_of(text) is None


def test_an_interface_does_not_make_another_address():
    assert address_of("fe80::1%eth0") == IPv6Address("fe80::1")


def test_a_network_holds_addresses_of_its_own_version_only():
    networks = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
    assert is_among(IPv4Address("127.9.9.9"), networks)
    assert is_among(IPv6Address("::1"), networks)
    assert not is_among(IPv6Address("::ffff:127.0.0.1"), networks)
    assert not is_among(IPv4Address("10.0.0.1"), networks)
