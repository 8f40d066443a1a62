"""How a front and the writer talk: commands out, answers back, over ZeroMQ with CURVE keys.

Request: request id, milliseconds to live, command. Reply: request id, whether replayed, status, body. Commands and
bodies are JSON. A message carries as many requests or replies as there are to send at that moment: each call to a
socket lets go of the interpreter lock, and among dozens of request threads it is long in coming back. It is one frame,
since libzmq 4.3 aborts the process (fq.cpp, `!_more`) when a peer is killed between two frames of one message. Both
ends send heartbeats, so that a frozen writer is left within HEARTBEAT_TIMEOUT_MS.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import zmq
from zmq.utils import z85

from transaction_service.domain import (
    AccountAct,
    Act,
    Answer,
    Atomic,
    ChangeAccount,
    ChangeLimits,
    Command,
    FollowUp,
    OpenAccount,
    Payee,
    PostTransfer,
)

HEARTBEAT_INTERVAL_MS = 300
HEARTBEAT_TIMEOUT_MS = 900
HANDSHAKE_MS = 500

_LENGTH = struct.Struct("!I")
_REQUEST = struct.Struct("!QI")
_REPLY = struct.Struct("!Q?B")

OVERLOADED = "overloaded"
"""The writer's queue is full; nothing was decided."""
FAILED = "failed"
"""The command could not be decided, by a fault of ours; nothing was written."""

_COMMANDS: dict[str, type[Command]] = {
    "open_account": OpenAccount,
    "post_transfer": PostTransfer,
    "follow_up": FollowUp,
    "change_account": ChangeAccount,
    "change_limits": ChangeLimits,
    "atomic": Atomic,
}
_NAMES = {command: name for name, command in _COMMANDS.items()}


class MalformedCommandError(ValueError):
    """The bytes are no command of ours."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: an Outcome's name, OVERLOADED or FAILED, and the answer's body as JSON."""

    status: str
    replayed: bool
    body: bytes

    @property
    def transfer_id(self) -> str:
        """The id in the body of a decided transfer."""
        return str(orjson.loads(self.body)["id"])


@dataclass(frozen=True, slots=True)
class CurveKeys:
    """A CURVE key pair of one side (32 bytes each, hex in settings) and the other side's public key."""

    public: str
    secret: str
    peer_public: str

    def apply(self, socket: zmq.Socket[bytes]) -> None:
        """Give the socket its own pair."""
        socket.curve_publickey = z85.encode(bytes.fromhex(self.public))
        socket.curve_secretkey = z85.encode(bytes.fromhex(self.secret))

    @property
    def peer(self) -> bytes:
        """The other side's public key as ZeroMQ writes it (Z85)."""
        return z85.encode(bytes.fromhex(self.peer_public))


def watch_the_peer(socket: zmq.Socket[bytes]) -> None:
    """Heartbeats and a bounded handshake, without which a socket stays attached to a stopped process."""
    socket.setsockopt(zmq.HEARTBEAT_IVL, HEARTBEAT_INTERVAL_MS)
    socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, HEARTBEAT_TIMEOUT_MS)
    socket.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_MS)
    socket.setsockopt(zmq.LINGER, 0)


def pack(parts: Iterable[bytes]) -> bytes:
    """One message of several requests or replies."""
    return b"".join([piece for part in parts for piece in (_LENGTH.pack(len(part)), part)])


def unpack(message: bytes) -> list[bytes]:
    """The requests or replies of a message; raises MalformedCommandError."""
    parts, at = [], 0
    while at < len(message):
        start = at + _LENGTH.size
        if start > len(message):
            raise MalformedCommandError("a length is cut off")
        at = start + _LENGTH.unpack_from(message, at)[0]
        if at > len(message):
            raise MalformedCommandError("a part is cut off")
        parts.append(message[start:at])
    return parts


def encode_command(command: Command) -> bytes:
    """A command as JSON, its name first."""
    return orjson.dumps([_NAMES[type(command)], command])


def decode_command(payload: bytes) -> Command:
    """Read a command; raises MalformedCommandError for anything else."""
    try:
        name, fields = orjson.loads(payload)
        return _command(name, fields)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise MalformedCommandError(str(error)) from None


def _command(name: str, fields: dict[str, Any]) -> Command:
    if name == "atomic":
        commands = tuple(_post_transfer(each) for each in fields.pop("commands"))
        return Atomic(commands=commands, **fields)
    if name == "post_transfer":
        return _post_transfer(fields)
    command = _COMMANDS[name](**fields)
    if isinstance(command, FollowUp):
        Act(command.act)
        _require_amounts([] if command.amount is None else [command.amount])
    if isinstance(command, ChangeAccount):
        AccountAct(command.act)
    if isinstance(command, ChangeLimits):
        _require_amounts(command.limits.values())
    return command


def _post_transfer(fields: Mapping[str, Any]) -> PostTransfer:
    payees = tuple([Payee(**payee) for payee in fields["payees"]])
    if not payees:
        raise ValueError("a transfer has a payee")
    _require_amounts([payee.amount for payee in payees])
    return PostTransfer(**{**fields, "payees": payees})


def _require_amounts(amounts: Iterable[object]) -> None:
    for amount in amounts:
        if type(amount) is not int or amount < 1:
            raise ValueError("an amount is a positive integer of minor units")


def encode_request(request_id: int, ttl_ms: int, command: bytes) -> bytes:
    """What a front sends."""
    return _REQUEST.pack(request_id, ttl_ms) + command


def decode_request(message: bytes) -> tuple[int, int, bytes]:
    """Request id, milliseconds to live and the encoded command; raises MalformedCommandError."""
    try:
        request_id, ttl_ms = _REQUEST.unpack_from(message)
    except struct.error as error:
        raise MalformedCommandError(str(error)) from None
    return request_id, ttl_ms, message[_REQUEST.size :]


def encode_reply(request_id: int, status: str, replayed: bool = False, body: bytes = b"{}") -> bytes:
    """What the writer sends back."""
    return _REPLY.pack(request_id, replayed, len(status)) + status.encode() + body


def encode_answer(request_id: int, answer: Answer) -> bytes:
    """A decided command's answer as the writer sends it back."""
    return encode_reply(request_id, answer.outcome, answer.replayed, orjson.dumps(answer.body))


def decode_reply(message: bytes) -> tuple[int, Reply]:
    """The request id and what came back."""
    request_id, replayed, length = _REPLY.unpack_from(message)
    end = _REPLY.size + length
    return request_id, Reply(message[_REPLY.size : end].decode(), replayed, message[end:])
