"""Whose address a request comes from, where proxies stand before the platform.

`X-Forwarded-For` is written by whoever sends it, so it counts only as far as it was written by a proxy that we trust:
each appends the address that it heard from, and the list is read from its right end, past the proxies we know, to the
first address that isn't one of theirs (RFC 7239, section 7.4). A number of hops would trust whoever connects, also
past the proxy; networks don't.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PEER = "REMOTE_ADDR"
FORWARDED = "HTTP_X_FORWARDED_FOR"
UNKNOWN = "unknown"
"""A client of whom a proxy of ours says what nobody can read (RFC 7239, section 6.2); lies in no network."""
_IPV6_SITE_BITS = 64


def networks_of(text: str) -> tuple[Network, ...]:
    """`10.0.0.0/8, ::1` as networks; raises ValueError for what is none, and for a host within a wider network."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def is_within(address: str, networks: Sequence[Network]) -> bool:
    """Whether `address` lies in one of `networks`; what is no address lies in none."""
    read = _address(address)
    return read is not None and any(read in network for network in networks)


def site_of(address: str) -> str:
    """What one client can't easily leave: an IPv4 address, or the /64 that an IPv6 client has all to itself."""
    read = _address(address)
    if isinstance(read, IPv6Address):
        return str(IPv6Network((read, _IPV6_SITE_BITS), strict=False))
    return str(read) if read is not None else address


def address_reader(trusted: Sequence[Network]) -> Callable[[Mapping[str, Any]], str | None]:
    """What reads a request's address out of its WSGI environment; None where the peer's own is the right one."""

    def read(environ: Mapping[str, Any]) -> str | None:
        peer = _address(str(environ.get(PEER, "")))
        if peer is None or not _is_trusted(peer):
            return None
        nearest, forwarded = peer, str(environ.get(FORWARDED, "")).strip()
        for entry in reversed(forwarded.split(",") if forwarded else []):
            further = _address(entry)
            if further is None:
                return UNKNOWN  # not the proxy's own address, which may be trusted with more than a stranger's
            nearest = further
            if not _is_trusted(nearest):
                break
        return str(nearest)

    def _is_trusted(address: Address) -> bool:
        return any(address in network for network in trusted)

    return read


def _address(text: str) -> Address | None:
    """An entry of the list: some proxies add a port, `192.0.2.1:4711` or `[2001:db8::1]:4711`."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        read = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (isinstance(read, IPv6Address) and read.ipv4_mapped) or read
