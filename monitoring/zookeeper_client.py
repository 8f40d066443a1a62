"""Two questions to ZooKeeper: how are you (the 4-letter word `srvr`), and when was this node made.

The second needs a session. It is asked over one connection that is kept, in the binary protocol of
https://zookeeper.apache.org/doc/r3.8.4/zookeeperProgrammers.html as the server's jute records lay it out; a client
library would bring threads, watches and reconnects for what are two requests.
"""

from __future__ import annotations

import socket
import struct

TIMEOUT_SECONDS = 2.0
SESSION_MS = 30_000
NO_NODE = -101
EXISTS, CHILDREN = 3, 8


class ZooKeeperUnavailable(Exception):
    """It gave no answer, or one that isn't an answer."""


class ZooKeeperClient:
    """Belongs to one thread. Every method raises ZooKeeperUnavailable."""

    def __init__(self, address: str) -> None:
        """`address` is host:port; nothing is opened yet."""
        host, _, port = address.rpartition(":")
        self._address = (host.strip("[]"), int(port))
        self._session: socket.socket | None = None

    def server_state(self) -> dict[str, str]:
        """The lines of `srvr` by their names, such as {"Mode": "standalone", "Node count": "81"}."""
        try:
            with socket.create_connection(self._address, timeout=TIMEOUT_SECONDS) as connection:
                connection.sendall(b"srvr")
                answer = b"".join(iter(lambda: connection.recv(4096), b"")).decode()
        except OSError as error:
            raise ZooKeeperUnavailable(f"srvr: {error}") from error
        lines = (line.partition(": ") for line in answer.splitlines())
        state = {name: value for name, colon, value in lines if colon}
        if "Mode" not in state:
            # "This ZooKeeper instance is not currently serving requests", or a whitelist without srvr.
            raise ZooKeeperUnavailable(f"srvr: {answer.strip()[:200]}")
        return state

    def children(self, path: str) -> list[str]:
        """The names below a node; none where the node doesn't exist."""
        body = self._ask(CHILDREN, path)
        if body is None:
            return []
        names, at = [], 4
        for _ in range(struct.unpack_from(">i", body)[0]):
            (length,) = struct.unpack_from(">i", body, at)
            names.append(body[at + 4 : at + 4 + length].decode())
            at += 4 + length
        return names

    def created_at(self, path: str) -> float | None:
        """When the node was made, in Unix seconds of the server's clock; None where it doesn't exist."""
        body = self._ask(EXISTS, path)
        # Stat: czxid, mzxid, ctime ...
        return None if body is None else struct.unpack_from(">qqq", body)[2] / 1000

    def close(self) -> None:
        """Let go of the session."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _ask(self, type: int, path: str) -> bytes | None:
        # The kept connection may have ended with a restart of the server, which is no failure of this request.
        if self._session is not None:
            try:
                return self._request(self._session, type, path)
            except OSError:
                self.close()
        try:
            self._session = self._connect()
            return self._request(self._session, type, path)
        except (OSError, struct.error) as error:
            self.close()
            raise ZooKeeperUnavailable(f"{path}: {error}") from error

    def _connect(self) -> socket.socket:
        connection = socket.create_connection(self._address, timeout=TIMEOUT_SECONDS)
        try:
            # protocol version, last zxid seen, time-out, session id, password (16 bytes): a new session has zeros.
            _send(connection, struct.pack(">iqiqi16s", 0, 0, SESSION_MS, 0, 16, bytes(16)))
            _receive(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _request(self, connection: socket.socket, type: int, path: str) -> bytes | None:
        name = path.encode()
        _send(connection, struct.pack(f">iii{len(name)}s?", 1, type, len(name), name, False))
        answer = _receive(connection)
        # xid, zxid, error, and then the body
        _, _, error = struct.unpack_from(">iqi", answer)
        if error == NO_NODE:
            return None
        if error:
            raise OSError(f"ZooKeeper answered with error {error}")
        return answer[16:]


def _send(connection: socket.socket, body: bytes) -> None:
    connection.sendall(struct.pack(">i", len(body)) + body)


def _receive(connection: socket.socket) -> bytes:
    (length,) = struct.unpack(">i", _exactly(connection, 4))
    return _exactly(connection, length)


def _exactly(connection: socket.socket, count: int) -> bytes:
    parts = b""
    while len(parts) < count:
        part = connection.recv(count - len(parts))
        if not part:
            raise ConnectionResetError("the server closed the connection")
        parts += part
    return parts
