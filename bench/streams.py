"""Live streams as browsers hold them open, by the hundred, in a process of their own."""

import asyncio
import multiprocessing
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from typing import Any
from urllib.parse import urlsplit

EVENT = b"\nevent: notification\n"
OPEN_SECONDS = 60
_ASK = "heard"


class StreamsRefused(RuntimeError):
    """Not every stream was opened, or one ended by itself."""


@dataclass
class Streams:
    """Streams that are open; what each has brought by now is told on demand."""

    _pipe: "Pipe[Any, Any]"

    def heard(self) -> list[int]:
        """How many notifications each has brought, in the order of their tokens. Raises StreamsRefused."""
        self._pipe.send(_ASK)
        answer = self._pipe.recv()
        if isinstance(answer, str):
            raise StreamsRefused(answer)
        counts: list[int] = answer
        return counts


@contextmanager
def open_streams(url: str, tokens: Sequence[str]) -> Iterator[Streams]:
    """One for each token, read as fast as it comes. Raises StreamsRefused."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_hold, args=(url, tokens, theirs), daemon=True)
    process.start()
    try:
        if not ours.poll(OPEN_SECONDS):
            raise StreamsRefused(f"not open within {OPEN_SECONDS} s")
        said = ours.recv()
        if said:
            raise StreamsRefused(said)
        yield Streams(ours)
    finally:
        process.kill()
        process.join()


@dataclass
class _Held:
    """What came on the streams of this process."""

    counts: list[int]
    ended: Counter[str] = field(default_factory=Counter)


def _hold(url: str, tokens: Sequence[str], pipe: "Pipe[Any, Any]") -> None:
    asyncio.run(_hold_all(url, tokens, pipe))


async def _hold_all(url: str, tokens: Sequence[str], pipe: "Pipe[Any, Any]") -> None:
    held, tasks, open_ends = _Held([0] * len(tokens)), set(), []
    for number, token in enumerate(tokens):
        try:
            reader, writer = await _opened(url, token)
        except (OSError, StreamsRefused) as error:
            pipe.send(f"stream {number + 1}: {error}")
            return
        open_ends.append(writer)  # one that nobody holds is closed
        tasks.add(asyncio.create_task(_read(reader, held, number)))
    pipe.send("")
    while True:
        await asyncio.to_thread(pipe.recv)
        pipe.send(f"ended by themselves: {dict(held.ended)}" if held.ended else held.counts)


async def _opened(url: str, token: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    head = f"GET /v1/stream HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n\r\n"
    writer.write(head.encode())
    status = await reader.readuntil(b"\r\n")
    if b" 200 " not in status:
        raise StreamsRefused(status.decode().strip())
    return reader, writer


async def _read(reader: asyncio.StreamReader, held: _Held, number: int) -> None:
    """Counts what comes; an event's mark may lie over the edge of two chunks."""
    tail = b""
    while chunk := await reader.read(65536):
        seen = tail + chunk
        held.counts[number] += seen.count(EVENT)
        tail = seen[-len(EVENT) + 1 :]
    held.ended["without a word"] += 1
