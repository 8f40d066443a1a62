"""The live stream: nothing is lost over any break, though what was stamped first may become visible last."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymongo.errors import AutoReconnect

from notification_service.domain import Stored, notifications_of
from notification_service.stream import (
    BATCH,
    CHECK_SECONDS,
    KEEP_ALIVE,
    KEEP_ALIVE_SECONDS,
    OVERLAP_SECONDS,
    POLL_SECONDS,
    SESSION_ENDED,
    SLOW_SECONDS,
    Around,
    Ended,
    InboxTail,
    follow,
)
from service_kit.errors import AuthUnavailable
from service_kit.logging import get_logger
from service_kit.outage_log import OutageLog
from tests.manual_clock import ManualClock
from tests.unit.notification_service.events import BOB, NOW, posted
from tests.unit.notification_service.memory import MemoryNotifications


def stored(number: int, seconds: float) -> Stored:
    """Bob's notification of that number, stamped so many seconds after the beginning."""
    told = next(each for each in notifications_of(posted(number)) if each.user_id == BOB)
    return Stored(told, NOW, NOW, None, (1_000 << 32) + int(seconds * 2**32) + number)


class Scene:
    """A stream by hand: `wait` lets time pass and does what the script has for that moment."""

    def __init__(self, after: int | None = 0) -> None:
        self.clock = ManualClock(NOW)
        self.store = MemoryNotifications()
        self.after = after
        self.script: list[tuple[float, object]] = []
        self.allows: object = True
        self.stopped = False
        self.sent = 0
        self.delays: list[float] = []
        self.endings: list[str] = []
        self.waits = 0

    def at(self, seconds: float, act) -> None:
        self.script.append((seconds, act))

    def wait(self, seconds: float) -> bool:
        self.waits += 1
        due = [entry for entry in self.script if entry[0] <= self.clock.monotonic() + seconds]
        if not due:
            self.clock.advance(seconds)
            return False
        at, act = min(due, key=lambda entry: entry[0])
        self.script.remove((at, act))
        self.clock.advance(max(0.0, at - self.clock.monotonic()))
        return act() == "hint"

    def allowed(self) -> bool:
        if isinstance(self.allows, Exception):
            raise self.allows
        return bool(self.allows)

    def count(self, number: int, delays) -> None:
        self.sent += number
        self.delays += delays

    def follow(self):
        around = Around(
            clock=self.clock,
            written=lambda batch: [orjson.dumps({"id": each.notification.id}) for each in batch],
            allowed=self.allowed,
            stopped=lambda: self.stopped,
            sent=self.count,
            ended=self.endings.append,
            outage=OutageLog(get_logger(__name__), begins="away", over="back"),
        )
        return follow(InboxTail(self.store, BOB, self.after), self, around)

    def stop_at(self, seconds: float) -> None:
        self.at(seconds, lambda: setattr(self, "stopped", True))


def events(chunks) -> list[bytes]:
    return [part for part in b"".join(chunks).split(b"\n\n") if part.startswith(b"id:")]


def test_a_hint_brings_what_is_new_at_once():
    scene = Scene()
    arrived = []

    def come():
        scene.store.put(stored(1, 0))
        return "hint"

    scene.at(1.0, come)
    for chunk in scene.follow():
        if chunk.startswith(b"id:"):
            arrived.append(scene.clock.monotonic())
            break
    assert arrived == [1.0]


def test_without_any_hint_it_comes_by_the_slow_poll():
    scene = Scene()
    scene.at(0.5, lambda: scene.store.put(stored(1, 0)))
    scene.stop_at(POLL_SECONDS + 0.1)
    assert len(events(scene.follow())) == 1
    assert scene.sent == 1


def test_how_long_after_its_event_it_was_written_is_measured_of_what_came_while_somebody_listened():
    scene = Scene()
    scene.store.put(replace(stored(1, 0), created_at=NOW - timedelta(seconds=1)))
    scene.at(2, lambda: scene.store.put(stored(2, 2)))
    scene.at(
        2,
        lambda: scene.store.put(replace(stored(3, 2), notification=replace(stored(3, 2).notification, position=None))),
    )
    scene.at(2, lambda: "hint")
    scene.stop_at(3)
    assert len(events(scene.follow())) == 3
    assert scene.sent == 3
    assert scene.delays == [(NOW - stored(2, 2).notification.occurred_at).total_seconds() + 2]


def test_an_event_has_id_kind_and_one_line_of_data():
    scene = Scene()
    one = stored(1, 0)
    scene.store.put(one)
    scene.stop_at(1)
    assert events(scene.follow()) == [
        b'id: %d\nevent: notification\ndata: {"id":"%b"}' % (one.stamp, one.notification.id.encode())
    ]


def test_a_quiet_stream_is_kept_alive_and_wakes_seldom():
    scene = Scene()
    scene.stop_at(6.5 * KEEP_ALIVE_SECONDS)
    assert list(scene.follow()).count(KEEP_ALIVE) == 6
    assert scene.waits < 40


def test_a_session_that_ends_is_told_so_and_closed_within_seconds():
    scene = Scene()
    scene.at(1.0, lambda: setattr(scene, "allows", False))
    scene.stop_at(60)
    assert list(scene.follow())[-1] == SESSION_ENDED
    assert scene.clock.monotonic() <= 1 + CHECK_SECONDS


def unread(chunks) -> list[int]:
    marked = (chunk for chunk in chunks if chunk.startswith(b"event: unread"))
    return [orjson.loads(chunk.partition(b"data: ")[2])["unread"] for chunk in marked]


def test_how_many_are_unread_is_told_at_first_and_whenever_it_changes():
    scene = Scene()

    def read():
        scene.store.mark_all_read(BOB, None, NOW)
        return "hint"

    scene.store.put(stored(1, 0))
    scene.at(1.0, lambda: scene.store.put(stored(2, 1)) or "hint")
    scene.at(2.0, lambda: "hint")
    scene.at(3.0, read)
    scene.stop_at(2 * POLL_SECONDS)
    assert unread(scene.follow()) == [1, 2, 0]


def test_why_it_ended_is_counted():
    def ending(act):
        scene = Scene()
        scene.at(1.0, lambda: act(scene))
        list(scene.follow())
        return scene.endings

    assert ending(lambda scene: setattr(scene, "stopped", True)) == [Ended.STOPPED]
    assert ending(lambda scene: setattr(scene, "allows", False)) == [Ended.SESSION]
    assert ending(lambda scene: setattr(scene, "allows", AuthUnavailable())) == [Ended.UNVOUCHED]


@pytest.mark.parametrize(("waited", "ending"), [(0.0, Ended.HUNG_UP), (SLOW_SECONDS, Ended.TOO_SLOW)])
def test_who_let_a_chunk_wait_is_told_from_who_hung_up(waited, ending):
    scene = Scene()
    stream = scene.follow()
    next(stream)
    scene.clock.advance(waited)
    stream.close()
    assert scene.endings == [ending]


def test_where_nobody_can_vouch_for_the_session_the_stream_ends_without_calling_it_ended():
    scene = Scene()
    scene.allows = AuthUnavailable()
    assert SESSION_ENDED not in list(scene.follow())
    assert scene.clock.monotonic() <= CHECK_SECONDS


def test_while_the_store_is_away_the_stream_stays_and_brings_it_later():
    scene = Scene()
    scene.store.away = AutoReconnect("away")
    scene.at(1.0, lambda: setattr(scene.store, "away", None) or scene.store.put(stored(1, 0)))
    scene.stop_at(60)
    assert len(events(scene.follow())) == 1


def test_a_client_without_an_id_begins_with_what_is_new():
    scene = Scene(after=None)
    scene.store.put(stored(1, 0))
    scene.store.put(stored(2, 10 * OVERLAP_SECONDS))
    tail = InboxTail(scene.store, BOB, None)
    assert [each.stamp for each in tail.next_batch()] == [stored(2, 10 * OVERLAP_SECONDS).stamp]


def test_a_store_that_is_away_at_the_beginning_is_raised():
    store = MemoryNotifications()
    store.away = AutoReconnect("away")
    with pytest.raises(AutoReconnect):
        InboxTail(store, BOB, None)


def test_a_long_absence_comes_in_batches_without_repeating():
    store = MemoryNotifications()
    for number in range(1, 2 * BATCH + 51):
        store.put(stored(number, 0))
    tail = InboxTail(store, BOB, 0)
    sizes = [len(tail.next_batch()) for _ in range(4)]
    assert sizes == [BATCH, BATCH, 50, 0]


late = st.floats(0, OVERLAP_SECONDS - 0.5)
arrivals = st.lists(st.tuples(st.floats(0, 200), late, st.sampled_from(["stay", "break"])), max_size=25)


@given(arrivals=arrivals)
def test_nothing_is_lost_however_late_it_becomes_visible_and_wherever_the_connection_breaks(arrivals):
    """Each arrival: when it was stamped, how much later it was visible, whether the client reads and stays, or reads
    and breaks off, to come back with the last id that it saw."""
    store = MemoryNotifications()
    came: dict[str, Stored] = {}
    last = 0
    tail = InboxTail(store, BOB, last)
    visible = sorted((at + lag, number, at, what) for number, (at, lag, what) in enumerate(arrivals, start=1))
    for _, number, at, what in visible:
        store.put(stored(number, at))
        for each in tail.next_batch():
            came[each.notification.id] = each
            last = each.stamp
        if what == "break":
            tail = InboxTail(store, BOB, last)
    assert set(came) == set(store.stored)
