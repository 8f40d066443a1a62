"""Where a request comes from, in words that its owner understands: "192.0.2.1", "Firefox 130 on Linux"."""

from __future__ import annotations

import re
from functools import lru_cache

from flask import has_request_context, request
from ua_parser import parse

from auth_service.domain import Whence

READ_CHARACTERS = 512
"""Of a User-Agent header; the names of browsers stand within."""
NAME_MAX = 64
_PROGRAM = re.compile(r"([A-Za-z0-9._-]{1,40})(?:/(\d{1,4}(?:\.\d{1,4})?))?")
"""A product token of RFC 9110, section 10.1.5, with the beginning of its version."""


def of_request() -> Whence:
    """Of the present request; `remote_addr` is the client's own address, also behind trusted proxies.

    Outside of one nothing is known.
    """
    if not has_request_context():
        return Whence()
    return Whence(request.remote_addr or "", device_of(request.user_agent.string[:READ_CHARACTERS]))


@lru_cache(maxsize=1024)
def device_of(user_agent: str) -> str:
    """`Firefox 130 on Linux` of a browser, `curl 8` of a program; empty where the header says nothing readable.

    Anybody may send what they like: it is a hint for the owner of the account, never a proof.
    """
    found = parse(user_agent)
    if found.user_agent is None or found.user_agent.family == "Other":
        program = _PROGRAM.match(user_agent)
        return " ".join(part for part in program.groups() if part) if program else ""
    name = " ".join(part for part in (found.user_agent.family, found.user_agent.major) if part)
    system = found.os.family if found.os is not None else ""
    return (f"{name} on {system}" if system else name)[:NAME_MAX]
