"""One person's notifications as they come, without a gap: docs/decisions/0008 says why it is so."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import orjson
from pymongo.errors import ConnectionFailure, ExecutionTimeout

from notification_service.domain import Stored
from notification_service.ports import Notifications
from service_kit.clock import Clock
from service_kit.errors import AuthUnavailable
from service_kit.outage_log import OutageLog

OVERLAP_SECONDS = 20
"""How far behind the last stamp it looks again. What is stored becomes visible in another order than it was stamped,
but later by no more than an insert may take (storage.notifications.WRITE_SECONDS)."""
BATCH = 200
POLL_SECONDS = 10.0
"""What a lost hint costs at most."""
CHECK_SECONDS = 3.0
"""How long a stream may outlive its session."""
KEEP_ALIVE_SECONDS = 10.0
"""How long a client that hung up may go unnoticed: only a write tells."""
RETRY_MILLISECONDS = 2_000
KEEP_ALIVE = b"event: alive\ndata: {}\n\n"
"""No comment, since a page can't hear those: silence is how it knows that the line is dead."""
SLOW_SECONDS = 2.0
"""Who let a chunk wait this long before the connection went had stopped reading, and didn't just hang up."""
SESSION_ENDED = b'event: end\ndata: {"reason":"session_ended"}\n\n'


class Ended(StrEnum):
    """Why a stream is over."""

    SESSION = "session_ended"
    UNVOUCHED = "unvouched"
    STOPPED = "stopped"
    HUNG_UP = "hung_up"
    TOO_SLOW = "too_slow"


class Waits(Protocol):
    """A hub's Place, as a stream uses it."""

    def wait(self, seconds: float) -> bool:
        """Whether there may be something new."""


class InboxTail:
    """What a person's stream has yet to bring, from the stamp `after` on."""

    def __init__(self, store: Notifications, user_id: str, after: int | None) -> None:
        """`after`: the last stamp that the client has; None begins with what comes now. Raises PyMongoError."""
        self._store = store
        self._user_id = user_id
        self._last = store.newest_stamp(user_id) if after is None else after
        self._sent: dict[str, int] = {}

    def next_batch(self) -> list[Stored]:
        """What hasn't been given yet, at most BATCH, by stamp; empty when that was all. Raises PyMongoError."""
        floor = max(0, self._last - (OVERLAP_SECONDS << 32))
        self._sent = {id: stamp for id, stamp in self._sent.items() if stamp > floor}
        batch = self._store.stored_after(self._user_id, floor, self._sent, BATCH)
        for stored in batch:
            self._sent[stored.notification.id] = stored.stamp
            self._last = max(self._last, stored.stamp)
        return batch

    def unread(self) -> int:
        """How many the person has unread. Raises PyMongoError."""
        return self._store.unread(self._user_id)


@dataclass(frozen=True)
class Around:
    """What a stream works with: `written` makes the client's JSON of a batch, `allowed` asks whether the session still
    holds (raises AuthUnavailable), `stopped` whether the process is to end; `sent` and `ended` count."""

    clock: Clock
    written: Callable[[list[Stored]], list[bytes]]
    allowed: Callable[[], bool]
    stopped: Callable[[], bool]
    sent: Callable[[int, Iterable[float]], None]
    ended: Callable[[Ended], None]
    outage: OutageLog


def follow(tail: InboxTail, place: Waits, around: Around) -> Iterator[bytes]:
    """Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html) until the session ends,
    nobody can vouch for it, the process stops or the client is gone. While MongoDB is away the stream stays, and
    brings later what it missed."""
    events, handed_at = _events(tail, place, around), around.clock.monotonic()
    try:
        while True:
            try:
                event = next(events)
            except StopIteration as end:
                around.ended(end.value)
                return
            handed_at = around.clock.monotonic()
            yield event
    except GeneratorExit:
        waited = around.clock.monotonic() - handed_at
        around.ended(Ended.TOO_SLOW if waited >= SLOW_SECONDS else Ended.HUNG_UP)
        raise


def _events(tail: InboxTail, place: Waits, around: Around) -> Generator[bytes, None, Ended]:
    clock, began = around.clock, around.clock.now()
    poll_at = clock.monotonic()
    check_at = poll_at + CHECK_SECONDS
    beat_at = poll_at + KEEP_ALIVE_SECONDS
    unread = None
    yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
    while not around.stopped():
        if clock.monotonic() >= check_at:
            try:
                allowed = around.allowed()
            except AuthUnavailable:
                return Ended.UNVOUCHED
            if not allowed:
                yield SESSION_ENDED
                return Ended.SESSION
            check_at = clock.monotonic() + CHECK_SECONDS
        if clock.monotonic() >= poll_at:
            batch, now_unread = _read(tail, around)
            if batch:
                yield b"".join(_event(stored, body) for stored, body in zip(batch, around.written(batch), strict=True))
                around.sent(len(batch), _delays(batch, began, clock.now()))
                continue
            if now_unread not in (None, unread):
                yield b'event: unread\ndata: {"unread":%d}\n\n' % now_unread
                unread = now_unread
            poll_at = clock.monotonic() + POLL_SECONDS
        if clock.monotonic() >= beat_at:
            yield KEEP_ALIVE
            beat_at = clock.monotonic() + KEEP_ALIVE_SECONDS
        if place.wait(max(0.0, min(poll_at, check_at, beat_at) - clock.monotonic())):
            poll_at = clock.monotonic()
    return Ended.STOPPED


def _delays(batch: list[Stored], began: datetime, now: datetime) -> list[float]:
    """Seconds from the ledger's decision until now, of what was stored since the stream began: for the rest nobody was
    there to see it."""
    return [
        (now - stored.notification.occurred_at).total_seconds()
        for stored in batch
        if stored.notification.position is not None and stored.created_at >= began
    ]


def _read(tail: InboxTail, around: Around) -> tuple[list[Stored], int | None]:
    """The next batch; when there is none, how many are unread."""
    try:
        batch = tail.next_batch()
        unread = None if batch else tail.unread()
    except (ConnectionFailure, ExecutionTimeout) as error:
        around.outage.failed(error)
        return [], None
    around.outage.succeeded()
    return batch, unread


def _event(stored: Stored, body: bytes) -> bytes:
    return b"id: %d\nevent: notification\ndata: %b\n\n" % (stored.stamp, body)


def as_json(view: dict[str, object]) -> bytes:
    """One line, as an event's data has to be."""
    return orjson.dumps(view)
