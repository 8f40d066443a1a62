"""A line of TCP that is long, or on which nothing passes for a while and nobody is told."""

import asyncio
import contextlib
import threading
from collections.abc import Callable

from stack.state import HOST

CHUNK_BYTES = 65_536


class SlowLine:
    """Carries every connection to one port on to another, in a thread of its own. What is held back is not lost, as TCP
    sends again what nobody has acknowledged."""

    def __init__(self, port: int, target: int) -> None:
        """Raises OSError where the port is taken."""
        self.port, self._target = port, target
        self._one_way_seconds = 0.0
        self._ends: set[asyncio.WriteTransport] = set()
        self._loop = asyncio.new_event_loop()
        self._passes = asyncio.Event()
        self._passes.set()
        self._server = self._loop.run_until_complete(asyncio.start_server(self._take, HOST, port))
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"line-{port}", daemon=True)
        self._thread.start()

    def lengthen(self, round_trip_seconds: float) -> None:
        """From now on each way takes half of that."""
        self._do(lambda: setattr(self, "_one_way_seconds", round_trip_seconds / 2))

    def hold(self) -> None:
        """From now on nothing passes."""
        self._do(self._passes.clear)

    def let_pass(self) -> None:
        """What was held back, and what comes."""
        self._do(self._passes.set)

    def close(self) -> None:
        """The port is free, and every connection ends."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, what: Callable[[], object]) -> None:
        self._loop.call_soon_threadsafe(what)

    async def _end(self) -> None:
        self._server.close()
        self._passes.set()
        for end in self._ends:
            end.abort()
        await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))

    async def _take(self, near: asyncio.StreamReader, to_near: asyncio.StreamWriter) -> None:
        try:
            far, to_far = await asyncio.open_connection(HOST, self._target)
        except OSError:
            to_near.transport.abort()
            return
        ends = {to_near.transport, to_far.transport}
        self._ends |= ends
        await asyncio.gather(self._carry(near, to_far), self._carry(far, to_near))
        self._ends -= ends
        for end in ends:
            end.abort()

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """One direction. Reading does not wait for sending, so that a long line carries as much as a short one."""
        on_its_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        async with asyncio.TaskGroup() as both:
            both.create_task(self._send(on_its_way, sink))
            chunk = b"something"
            while chunk:
                chunk = await self._read(source)
                on_its_way.put_nowait((self._loop.time() + self._one_way_seconds, chunk))

    async def _send(self, on_its_way: asyncio.Queue[tuple[float, bytes]], sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while True:
                due, chunk = await on_its_way.get()
                await asyncio.sleep(due - self._loop.time())
                await self._passes.wait()
                if not chunk:
                    sink.write_eof()
                    return
                sink.write(chunk)
                await sink.drain()

    async def _read(self, source: asyncio.StreamReader) -> bytes:
        """Empty at the end, however it came."""
        try:
            return await source.read(CHUNK_BYTES)
        except OSError:
            return b""
