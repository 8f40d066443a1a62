"""A reader of Server-Sent Events (WHATWG HTML, section 9.2), as far as the platform sends them."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

KEEP_ALIVE_SECONDS = 15
"""The other side says at least this often that it is still there."""


class Stream:
    """An open stream of notifications."""

    def __init__(self, answer: httpx.Response) -> None:
        self.headers = answer.headers
        self._events = _notifications(answer.iter_lines())

    def next(self) -> tuple[str, dict[str, Any]]:
        """The next notification with its id, however many there are; fails when the stream ends or stays silent."""
        return next(self._events)

    def until(self, transfer_id: str) -> Iterator[tuple[str, str]]:
        """Every notification up to that of the transfer: its id on the stream, and its transfer's."""
        found = ""
        while found != transfer_id:
            event_id, data = self.next()
            found = data["transfer_id"]
            yield event_id, found

    def seconds_to_the_end(self) -> float:
        """How long it goes on from now; fails when it stays silent instead."""
        began = time.monotonic()
        for _ in self._events:
            pass
        return time.monotonic() - began


def _notifications(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        if name:
            fields[name] = value.removeprefix(" ")
        elif line == "":
            if fields.get("event") == "notification":
                yield fields["id"], json.loads(fields["data"])
            fields = {}


@contextmanager
def stream(url: str, headers: Mapping[str, str]) -> Iterator[Stream]:
    """Listen until the block is left. What comes meanwhile waits to be read."""
    with httpx.stream("GET", url, headers=dict(headers), timeout=KEEP_ALIVE_SECONDS) as answer:
        assert answer.status_code == 200, answer.read()
        yield Stream(answer)
