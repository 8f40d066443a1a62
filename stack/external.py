"""Servers that already run elsewhere: named by a variable, used instead of starting our own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from stack.errors import StackError
from stack.process_list import Process


def external_addresses(processes: Iterable[Process], settings: Mapping[str, str]) -> dict[str, str]:
    """host:port by process name, for each server whose variable is set."""
    found = {}
    for process in processes:
        value = settings.get(process.external) if process.external else None
        if value:
            found[process.name] = _host_and_port(process, value)
    return found


def _host_and_port(process: Process, value: str) -> str:
    """Of a URL, or of the first of `host:port,host:port`; never quotes the value, which may hold a password."""
    netloc = urlsplit(value).netloc if "://" in value else value
    address = netloc.rpartition("@")[2].partition(",")[0]
    host, _, port = address.rpartition(":")
    if not host:
        host, port = address, str(process.port)
    if not host or not port.isdigit():
        raise StackError(f"{process.external}: a URL or host:port is expected")
    return f"{host}:{port}"
