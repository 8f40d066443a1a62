"""The door to the writer: request threads hand commands over and wait; one thread owns the socket.

Commands that were not answered when a writer disappeared (killed, frozen, fenced) are handed to the next one: every
command carries its key, so that asking again is harmless. A command waits no longer than its deadline.
"""

from __future__ import annotations

import itertools
import math
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

import structlog
import zmq
from zmq.utils.monitor import parse_monitor_message

from transaction_service.domain import Command
from transaction_service.protocol import (
    CurveKeys,
    Reply,
    decode_reply,
    encode_command,
    encode_request,
    pack,
    unpack,
    watch_the_peer,
)

log = structlog.get_logger(__name__)

DEADLINE_SECONDS = 5.0
LOOK_SECONDS = 0.25
_TICK_MS = 50
_PAUSE_SECONDS = 0.2
_GONE_SECONDS = 0.05
"""After this a lost connection takes no messages any more."""


class LedgerUnavailable(Exception):
    """No answer within the deadline, or no room: what became of the command, its key will tell."""


class _Call:
    """One command on its way; `done` is a lock that the owner thread opens when the reply is there."""

    __slots__ = ("deadline", "done", "payload", "reply", "request_id")

    def __init__(self, request_id: int, payload: bytes, deadline: float) -> None:
        self.request_id = request_id
        self.payload = payload
        self.deadline = deadline
        self.reply: Reply | None = None
        self.done = threading.Lock()
        self.done.acquire()


class LedgerClient:
    """Thread-safe. The writer is whichever endpoint is listening: a standby doesn't bind its port."""

    def __init__(
        self,
        endpoints: Sequence[str],
        keys: CurveKeys,
        deadline_seconds: float = DEADLINE_SECONDS,
        require_store: Callable[[], None] = lambda: None,
    ) -> None:
        """`require_store` raises while the store that the writer needs is away: then waiting would be for nothing."""
        self._require_store = require_store
        self._endpoints = endpoints
        self._keys = keys
        self._deadline = deadline_seconds
        self._ids = itertools.count(1)
        self._calls: dict[int, _Call] = {}
        self._new: deque[_Call] = deque()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._closing = False
        self._asleep = False
        self._writers: set[bytes] = set()
        self._gone_at = math.inf
        self._thread = threading.Thread(target=self._own_the_socket, name="ledger-client", daemon=True)
        self._thread.start()

    def ask(self, command: Command) -> Reply:
        """Hand a command over and wait for its answer; raises LedgerUnavailable at the deadline."""
        return self.wait(self.submit(command))

    def submit(self, command: Command) -> _Call:
        """Hand a command over without waiting; several submitted in a row are decided in that order."""
        call = _Call(next(self._ids), encode_command(command), time.monotonic() + self._deadline)
        self._new.append(call)
        if self._asleep:
            self._asleep = False
            os.eventfd_write(self._wake, 1)
        return call

    def wait(self, call: _Call) -> Reply:
        """The answer to a submitted command.

        Raises:
            LedgerUnavailable: at its deadline.
            Exception: what `require_store` raises, as soon as it does.
        """
        while not call.done.acquire(timeout=max(0.0, min(LOOK_SECONDS, call.deadline - time.monotonic()))):
            if time.monotonic() >= call.deadline:
                break
            # A writer that is killed is succeeded in time to answer; one whose store is away has nobody to succeed it.
            self._require_store()
        if call.reply is None:
            # The owner thread forgets the call at its next sweep; a late answer is dropped there.
            raise LedgerUnavailable("the ledger did not answer in time")
        return call.reply

    def check(self) -> None:
        """A ready check: raises LedgerUnavailable while no writer is connected."""
        if not self._thread.is_alive():
            raise LedgerUnavailable("the thread that owns the socket has ended")
        if not self._writers:
            raise LedgerUnavailable("no ledger writer is connected")

    def close(self) -> None:
        """Stop the owner thread; calls in flight end at their deadline."""
        self._closing = True
        os.eventfd_write(self._wake, 1)
        self._thread.join(timeout=2)

    def _own_the_socket(self) -> None:
        while not self._closing:
            context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
            try:
                self._exchange(context)
            except Exception:
                # Without this thread the process would answer 503 for ever; a new socket asks again by key.
                log.exception("ledger_client_failed", unanswered=len(self._calls))
                time.sleep(_PAUSE_SECONDS)
            finally:
                self._writers.clear()
                context.destroy(linger=0)

    def _exchange(self, context: zmq.Context[zmq.Socket[bytes]]) -> None:
        with self._open(context) as socket:
            # Before it connects: after a handshake that nobody saw, a writer would be taken for away while it lives.
            monitor = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED)
            for endpoint in self._endpoints:
                socket.connect(endpoint)
            try:
                self._carry(socket, monitor)
            finally:
                socket.disable_monitor()
                monitor.close()

    def _carry(self, socket: zmq.Socket[bytes], monitor: zmq.Socket[bytes]) -> None:
        poller = zmq.Poller()
        for waitable in (socket, monitor, self._wake):
            poller.register(waitable, zmq.POLLIN)
        unsent = deque(self._calls.values())
        while not self._closing:
            # A thread that hands a command over wakes this one only if it sleeps: a system call less for most.
            self._asleep = True
            ready = dict(poller.poll(0 if self._new else _TICK_MS))
            self._asleep = False
            if self._wake in ready:
                os.eventfd_read(self._wake)
            came = monitor in ready and self._writer_came(monitor)
            has_gone = time.monotonic() >= self._gone_at
            if has_gone:
                self._gone_at = math.inf
            if came or has_gone:
                # Whatever was sent before went to somebody else, or nowhere: a connection that has just been lost still
                # takes messages for a moment, and that of a frozen writer took its share of them until then.
                unsent = deque(self._calls.values())
            self._take_new(unsent)
            if self._writers:
                self._send(socket, unsent)
            if socket in ready:
                self._receive(socket)
            self._sweep()

    def _open(self, context: zmq.Context[zmq.Socket[bytes]]) -> zmq.Socket[bytes]:
        socket = context.socket(zmq.DEALER)
        watch_the_peer(socket)
        # Only completed connections take commands: what has no writer stays here, under its deadline.
        socket.setsockopt(zmq.IMMEDIATE, 1)
        socket.setsockopt(zmq.RECONNECT_IVL, 50)
        socket.setsockopt(zmq.RECONNECT_IVL_MAX, 200)
        self._keys.apply(socket)
        socket.curve_serverkey = self._keys.peer
        return socket

    def _writer_came(self, monitor: zmq.Socket[bytes]) -> bool:
        """Note who came and who left; whether somebody came."""
        came = False
        while monitor.poll(0):
            message = parse_monitor_message(monitor.recv_multipart())
            endpoint = message["endpoint"]
            if message["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self._writers.add(endpoint)
                came = True
            elif endpoint in self._writers:
                self._writers.discard(endpoint)
                self._gone_at = time.monotonic() + _GONE_SECONDS
                log.info("ledger_writer_left", unanswered=len(self._calls))
        return came

    def _take_new(self, unsent: deque[_Call]) -> None:
        while self._new:
            call = self._new.popleft()
            self._calls[call.request_id] = call
            unsent.append(call)

    def _send(self, socket: zmq.Socket[bytes], unsent: deque[_Call]) -> None:
        now = time.monotonic()
        waiting = [(call, int((call.deadline - now) * 1000)) for call in unsent]
        requests = [encode_request(call.request_id, ms, call.payload) for call, ms in waiting if ms > 0]
        if requests:
            try:
                socket.send(pack(requests), zmq.NOBLOCK)
            except zmq.Again:
                return
        unsent.clear()

    def _receive(self, socket: zmq.Socket[bytes]) -> None:
        for part in unpack(socket.recv(zmq.NOBLOCK)):
            request_id, reply = decode_reply(part)
            call = self._calls.pop(request_id, None)
            if call is not None:
                call.reply = reply
                call.done.release()

    def _sweep(self) -> None:
        """Forget what nobody waits for any more. Deadlines are all equally long, so the oldest come first."""
        now = time.monotonic()
        while self._calls:
            request_id, call = next(iter(self._calls.items()))
            if call.deadline > now:
                return
            del self._calls[request_id]
