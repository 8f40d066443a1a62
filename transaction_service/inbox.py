"""The writer's side of the door: a bound socket that gives out batches of commands and takes their answers."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
import zmq
from zmq.auth.thread import ThreadAuthenticator

from transaction_service.domain import Answer, Atomic, Command, PostTransfer
from transaction_service.protocol import (
    FAILED,
    OVERLOADED,
    CurveKeys,
    MalformedCommandError,
    decode_command,
    decode_request,
    encode_answer,
    encode_reply,
    pack,
    unpack,
    watch_the_peer,
)

log = structlog.get_logger(__name__)

QUEUE_MAX = 16_384


@dataclass(frozen=True, slots=True)
class Envelope:
    """A command with the way back to who asked, and the monotonic times of its arrival and its end."""

    identity: bytes
    request_id: int
    command: Command
    arrived: float
    deadline: float


class _AllowedKeys:
    """ZAP credentials: exactly the fronts' public key may connect."""

    def __init__(self, public: bytes) -> None:
        self._public = public

    def callback(self, domain: str, key: bytes) -> bool:
        return key == self._public


class Inbox:
    """Bound only while its owner holds the lease; the standby's port stays closed."""

    def __init__(self, bind: str, keys: CurveKeys, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._authenticator = ThreadAuthenticator(self._context)
        self._authenticator.start()
        self._authenticator.configure_curve_callback("*", credentials_provider=_AllowedKeys(keys.peer))
        self._socket = self._context.socket(zmq.ROUTER)
        watch_the_peer(self._socket)
        keys.apply(self._socket)
        self._socket.curve_server = True
        self._socket.bind(bind)
        self._queue: deque[Envelope] = deque()

    def __len__(self) -> int:
        return len(self._queue)

    def take(self, most: int, wait_ms: int) -> list[Envelope]:
        """Commands that have queued, of up to `most` payees; waits for the first at most `wait_ms`, never for more.

        One command of more payees than that is taken all the same, alone.
        """
        if not self._queue:
            self._socket.poll(wait_ms)
        self._drain()
        now = self._monotonic()
        batch: list[Envelope] = []
        size = 0
        while self._queue:
            envelope = self._queue[0]
            size += _payees(envelope.command)
            if size > most and batch:
                break
            self._queue.popleft()
            # Who asked has given up; deciding it now would surprise them.
            if envelope.deadline > now:
                batch.append(envelope)
        return batch

    def answer(self, batch: Sequence[Envelope], answers: Sequence[Answer | None]) -> None:
        """Tell everybody who asked, each front in one message; None stands for a fault of ours."""
        replies: dict[bytes, list[bytes]] = {}
        for envelope, answer in zip(batch, answers, strict=True):
            id = envelope.request_id
            reply = encode_answer(id, answer) if answer else encode_reply(id, FAILED)
            replies.setdefault(envelope.identity, []).append(reply)
        for identity, parts in replies.items():
            self._send(identity, parts)

    def close(self) -> None:
        """Close the port; whoever waits for an answer asks the next writer."""
        self._authenticator.stop()
        self._context.destroy(linger=0)

    def _drain(self) -> None:
        while True:
            try:
                identity, message = self._socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            try:
                refusals = [reply for part in unpack(message) if (reply := self._accept(identity, part))]
            except MalformedCommandError as error:
                log.error("malformed_message", detail=str(error))
                continue
            if refusals:
                self._send(identity, refusals)

    def _accept(self, identity: bytes, request: bytes) -> bytes | None:
        """Queue a request, or return the reply that refuses it."""
        request_id, ttl_ms, payload = decode_request(request)
        if len(self._queue) >= QUEUE_MAX:
            return encode_reply(request_id, OVERLOADED)
        try:
            command = decode_command(payload)
        except MalformedCommandError as error:
            log.error("malformed_command", detail=str(error))
            return encode_reply(request_id, FAILED)
        now = self._monotonic()
        self._queue.append(Envelope(identity, request_id, command, now, now + ttl_ms / 1000))
        return None

    def _send(self, identity: bytes, replies: Sequence[bytes]) -> None:
        """To a peer that is gone, ROUTER drops it: that front asks again by key."""
        self._socket.send_multipart([identity, pack(replies)])


def _payees(command: Command) -> int:
    """What a command adds to the work of its batch; what is done about a transfer counts as one."""
    if isinstance(command, PostTransfer):
        return len(command.payees)
    return sum(len(each.payees) for each in command.commands) if isinstance(command, Atomic) else 1
