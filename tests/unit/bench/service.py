"""A service of a few lines on a real socket: answers what it is told to, in order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

HANG_UP = b""
SILENCE = None


@dataclass
class ScriptedService:
    """``answers``: a whole HTTP answer each, or HANG_UP, or SILENCE; the last one stays."""

    answers: list[bytes | None]
    requests: list[bytes] = field(default_factory=list)
    url: str = ""
    open: list[asyncio.StreamWriter] = field(default_factory=list)
    handlers: list[Any] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.append(writer)
        self.handlers.append(asyncio.current_task())
        while head := await self._request(reader):
            self.requests.append(head)
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if answer is SILENCE:
                continue
            writer.write(answer)
            if answer == HANG_UP:
                break
        writer.close()

    @staticmethod
    async def _request(reader: asyncio.StreamReader) -> bytes:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionResetError):
            return b""
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return head + await reader.readexactly(length)


def answer(status: int, body: bytes, *headers: bytes) -> bytes:
    kind = b"application/json" if status < 400 else b"application/problem+json"
    lines = [b"HTTP/1.1 %d X" % status, b"Content-Type: " + kind, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


@asynccontextmanager
async def running(*answers: bytes | None) -> AsyncIterator[ScriptedService]:
    service = ScriptedService(list(answers))
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    service.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield service
    finally:
        server.close()
        for writer in service.open:
            writer.close()
        await asyncio.gather(*service.handlers)
