"""Which addresses a webhook may be sent to: public ones, and those private ones that a setting names.

People choose the addresses, and our servers stand where strangers must not reach: a webhook to a private address would
be a stranger's request from inside (SSRF). What is special says IANA
(https://www.iana.org/assignments/iana-ipv4-special-registry and .../iana-ipv6-special-registry); the lists are ours,
since `ipaddress` knows other ones in each release of Python.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_NOT_PUBLIC_V4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network: on Linux the machine itself
            "10.0.0.0/8",
            "100.64.0.0/10",  # carrier-grade NAT
            "127.0.0.0/8",
            "169.254.0.0/16",  # link-local, and a cloud's metadata
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
_PUBLIC_V6 = IPv6Network("2000::/3")
"""All that is given out. What carries an IPv4 address in it (::ffff:0:0/96, 64:ff9b::/96, ::/96) lies elsewhere."""
_NOT_PUBLIC_V6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocols' own; Teredo, which carries an IPv4 address, is in it
            "2001:db8::/32",
            "2002::/16",  # 6to4, which carries an IPv4 address
            "2620:4f:8000::/48",
            "3fff::/20",
        ),
    )
)


def is_public(address: Address) -> bool:
    """Whether anybody on the internet has this address, and it means nothing else."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC_V4)
    return address in _PUBLIC_V6 and not any(address in network for network in _NOT_PUBLIC_V6)


def is_among(address: Address, networks: Iterable[Network]) -> bool:
    """Whether one of them holds it; a network holds no address of the other version."""
    return any(address in network for network in networks)


def address_of(text: str) -> Address | None:
    """The address that `text` is, as `getaddrinfo` writes it, or None for a name.

    Other spellings that some resolvers take (2130706433, 0x7f.1, 0177.0.0.1) are no address here; what they come to
    is looked at once they are resolved.
    """
    try:
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None
