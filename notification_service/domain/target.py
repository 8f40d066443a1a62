"""Where a webhook is sent: a URL, read once and strictly, so that what was checked is what is connected to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address
from urllib.parse import SplitResult, urlsplit

from notification_service.domain.address import Network, address_of, is_among, is_public
from service_kit.errors import BadRequest

URL_MAX = 500
PUBLIC_PORTS = {443, 8443}
"""Where HTTPS is served. To private targets any port goes: who names them knows what is there."""
DEFAULT_PORTS = {"https": 443, "http": 80}
_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_NUMBER_AT_THE_END = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")
"""The URL standard reads such a host as an IPv4 address; so do resolvers."""


class UrlNotAllowed(BadRequest):
    """A webhook can't be sent to this URL: `detail` says why."""

    code = "webhook_url_not_allowed"
    title = "A webhook can't be sent to this URL"
    advice = "Give an https URL of a public server, on port 443 or 8443, without a user name or a fragment."


@dataclass(frozen=True, slots=True)
class Target:
    """A URL in its parts. `host` is a name in lower case, or an address without brackets; `path` includes the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port as the header `Host` has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def target_of(url: str, private: Sequence[Network] = ()) -> Target:
    """Read `url`; `private`: the networks of private targets, to which plain HTTP and any port may go.

    Whether a name's address is one of them shows when it is connected to, where scheme and port are judged again.
    Raises UrlNotAllowed.
    """
    parts = _split(url)
    host = _host(parts)
    port = _port(parts)
    address = address_of(host)
    # A name may be that of a private target. An address shows at once.
    may_be_private = is_among(address, private) if address else bool(private)
    if address and not may_be_private and not is_public(address):
        raise UrlNotAllowed("This address is not public.")
    if not may_be_private:
        if parts.scheme != "https":
            raise UrlNotAllowed("The URL must begin with https://.")
        if port not in PUBLIC_PORTS:
            raise UrlNotAllowed("The port must be 443 or 8443.")
    return Target(parts.scheme, host, port, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""))


def _split(url: str) -> SplitResult:
    if len(url) > URL_MAX:
        raise UrlNotAllowed(f"The URL is longer than {URL_MAX} characters.")
    if not _PRINTABLE.fullmatch(url) or "\\" in url:
        raise UrlNotAllowed("Spaces, backslashes and letters outside ASCII must be encoded.")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise UrlNotAllowed("This is not a URL.") from None
    if parts.scheme not in DEFAULT_PORTS or not url.lower().startswith(f"{parts.scheme}://"):
        raise UrlNotAllowed("The URL must begin with https://.")
    if "@" in parts.netloc:
        raise UrlNotAllowed("The URL may not hold a user name or password.")
    if "#" in url:
        raise UrlNotAllowed("The URL may not have a fragment.")
    return parts


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").lower()
    address = address_of(host)
    if isinstance(address, IPv6Address):
        if "%" in host:
            raise UrlNotAllowed("The address may not name a network interface.")
        return str(address)
    if address is not None:
        return str(address)
    if not _NAME.fullmatch(host) or len(host) > 253 or "[" in parts.netloc:
        raise UrlNotAllowed("The host is not a name or an address.")
    if _NUMBER_AT_THE_END.fullmatch(host):
        raise UrlNotAllowed("An IPv4 address has four decimal numbers.")
    return host


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port is None:
        return DEFAULT_PORTS[parts.scheme]
    if port == 0:
        raise UrlNotAllowed("The port is a number from 1 to 65535.")
    return port
