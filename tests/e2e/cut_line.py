"""A line of TCP that can be cut, with a word or without one."""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator

RESET = struct.pack("ii", 1, 0)
"""SO_LINGER by which a close says RST, so that the other side hears of it at once."""


class CutLine:
    """Forwards every connection to one address until it is cut; from then on nothing passes until it is mended."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self._lock = threading.Lock()
        self._whole = True
        self._live: list[_Connection] = []
        self._dumb: list[_Connection] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Every connection is reset, as when a gateway is restarted."""
        for connection in self._taken_down():
            connection.reset()

    def unplug(self) -> None:
        """Nothing passes any more and nobody is told, as when a cable is pulled."""
        for connection in self._taken_down():
            connection.passes = False
            self._dumb.append(connection)

    def mend(self) -> None:
        """New connections pass again. Those from before don't."""
        with self._lock:
            self._whole = True

    def close(self) -> None:
        """Cut, for good."""
        self.cut()
        for connection in self._dumb:
            connection.reset()
        self._door.close()

    def _taken_down(self) -> "list[_Connection]":
        with self._lock:
            self._whole, taken, self._live = False, self._live, []
        return taken

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._door.accept()
                with self._lock:
                    if self._whole:
                        self._live.append(_Connection(near, socket.create_connection(self._target)))
                    else:
                        _reset(near)


class _Connection:
    """Both ends of one connection, each carried to the other by a thread."""

    def __init__(self, near: socket.socket, far: socket.socket) -> None:
        self.passes = True
        self._ends = (near, far)
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def reset(self) -> None:
        for end in self._ends:
            _reset(end)

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(65536):
                if self.passes:
                    sink.sendall(chunk)
            if self.passes:
                sink.shutdown(socket.SHUT_WR)


def _reset(end: socket.socket) -> None:
    """A thread that reads it wakes up by the shutdown; a close alone would wait for it."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        end.shutdown(socket.SHUT_RD)
    end.close()


@contextlib.contextmanager
def cut_line(address: str) -> Iterator[CutLine]:
    """To host:port."""
    host, _, port = address.rpartition(":")
    line = CutLine(host, int(port))
    try:
        yield line
    finally:
        line.close()
