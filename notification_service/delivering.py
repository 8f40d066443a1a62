"""The deliverer's loop: looks which lanes have something due, claims for those that have room, hands it to threads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from queue import SimpleQueue
from threading import Event, Lock, Thread

from pymongo.errors import PyMongoError

from notification_service.domain import Channel, Claimed, DeliveryState, Outcome
from notification_service.lanes import Lanes
from notification_service.metrics import DeliveryMetrics
from notification_service.ports import Deliveries
from notification_service.ports.carriers import LONGEST_SECONDS
from notification_service.use_cases.deliver import Tried
from service_kit.clock import Clock
from service_kit.logging import get_logger
from service_kit.outage_log import OutageLog
from service_kit.process import Progress, StopSignal

POLL_SECONDS = 0.1
TROUBLE_SECONDS = 1.0
MENDED_SECONDS = 1.0
"""How often it is asked whether a target that rests has been mended meanwhile."""
UPKEEP_SECONDS = 4.0
LEASE = timedelta(seconds=15)
"""How long a deliverer that died keeps what it was at. It is renewed with every upkeep while the attempt lasts."""
STOP_SECONDS = 12.0
"""How long a deliverer that is told to stop waits for those at work; supervisor grants 20. The rest comes again."""
LANES_A_LOOK = 500
_log = get_logger(__name__)


@dataclass
class _AtWork:
    claimed: Claimed
    begun: float


@dataclass
class Deliverer:
    """Runs `threads` attempts at once, however many deliverers run beside it.

    Args:
        attempt: one attempt, noted.
        age: what was ordered longer ago and is due is given up.
        mended: which of these webhooks have nothing held against them, whoever has found that out. Raises PyMongoError.
    """

    store: Deliveries
    attempt: Callable[[Claimed], Tried]
    lanes: Lanes
    metrics: DeliveryMetrics
    progress: Progress
    clock: Clock
    threads: int
    age: timedelta
    mended: Callable[[Sequence[str]], Collection[str]]
    _queue: SimpleQueue[Claimed] = field(default_factory=SimpleQueue)
    _at_work: dict[str, _AtWork] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    _freed: Event = field(default_factory=Event)
    _after: str = ""
    _overdue: dict[str, float] = field(default_factory=dict)
    _gathered: dict[str, float] = field(default_factory=dict)
    _kept_up_at: float = float("-inf")
    _asked_at: float = float("-inf")

    def run(self, stop: StopSignal) -> None:
        """Until `stop`; then those at work have STOP_SECONDS to end."""
        for number in range(self.threads):
            # Daemons: a target that never answers doesn't keep the process from ending.
            Thread(target=self._work, name=f"deliver-{number}", daemon=True).start()
        outage = OutageLog(_log, "deliverer_has_no_store", "deliverer_has_its_store")
        while not stop.is_set():
            self.progress.beat()
            try:
                self.keep_up()
                if not self.round():
                    stop.wait(POLL_SECONDS)
            except PyMongoError as error:
                outage.failed(error)
                stop.wait(TROUBLE_SECONDS)
            else:
                outage.succeeded()
        self._let_finish()

    def round(self) -> bool:
        """Begin what may begin; return whether there may be more at once. Raises PyMongoError."""
        self._freed.clear()
        free = self.threads - len(self._at_work)
        if free <= 0:
            self._freed.wait(POLL_SECONDS)
            return True
        now = self.clock.now()
        due = self.store.lanes(now, LANES_A_LOOK, self._after)
        more = len(due) == LANES_A_LOOK
        self._after = max(due) if more else ""
        self._gather(self._late(due, now), is_last=not more)
        self._look_who_is_mended(due)
        wanted = self.lanes.choose(list(due), free)
        claimed = self.store.claim(wanted, now, now + LEASE) if wanted else []
        for each in claimed:
            self._begin(each)
        if due and not claimed and not more:
            self._freed.wait(POLL_SECONDS)  # each has as much at work as it may, or rests
            return True
        return bool(claimed) or more

    def _look_who_is_mended(self, due: Iterable[str]) -> None:
        """An owner who has repaired a receiver, or given another, waits for no breaker; nor does this process where
        another one has had an answer."""
        targets = {lane.partition(":")[2]: lane for lane in self.lanes.resting(due) if ":" in lane}
        if targets and self.clock.monotonic() - self._asked_at >= MENDED_SECONDS:
            self._asked_at = self.clock.monotonic()
            for target in self.mended(list(targets)):
                self.lanes.mended(targets[target])

    def _late(self, due: Mapping[str, datetime], now: datetime) -> dict[str, float]:
        """By channel, for how many seconds something has waited for its attempt. A webhook in trouble waits for itself;
        the mail server is ours to mend."""
        late: dict[str, float] = {}
        for lane, since in due.items():
            channel = lane.partition(":")[0]
            if lane == channel or self.lanes.is_well(lane):
                late[channel] = max(late.get(channel, 0.0), (now - since).total_seconds())
        return late

    def _gather(self, late: Mapping[str, float], is_last: bool) -> None:
        """What is overdue is known when the last page of lanes was read."""
        for channel, seconds in late.items():
            self._gathered[channel] = max(self._gathered.get(channel, 0.0), seconds)
        if is_last:
            self._overdue, self._gathered = self._gathered, {}

    def _begin(self, claimed: Claimed) -> None:
        self.lanes.begun(claimed.delivery.lane)
        with self._lock:
            self._at_work[claimed.claim + claimed.delivery.id] = _AtWork(claimed, self.clock.monotonic())
        self._queue.put(claimed)

    def _work(self) -> None:
        while True:
            claimed = self._queue.get()
            tried = Tried(Outcome.UNKNOWN, 0.0)
            try:
                tried = self.attempt(claimed)
            except Exception:  # noqa: BLE001 - the thread lives on; the claim lapses and the delivery comes again
                _log.exception("attempt_crashed", delivery=claimed.delivery.id)
            finally:
                self.lanes.ended(claimed.delivery.lane, tried.outcome, tried.seconds, tried.retry_after)
                with self._lock:
                    del self._at_work[claimed.claim + claimed.delivery.id]
                self._freed.set()

    def keep_up(self) -> None:
        """Now and then: keep the claims of those at work, give up what is too old, refresh the gauges."""
        if self.clock.monotonic() - self._kept_up_at < UPKEEP_SECONDS:
            return
        now = self.clock.now()
        self.store.extend(self._held(), now + LEASE)
        for channel, count in self.store.expire(now - self.age, now).items():
            self.metrics.finished(Channel(channel), DeliveryState.DEAD, count)
        self.metrics.waiting(self.store.backlog(), self._overdue, now)
        self.metrics.working(len(self._at_work), self.lanes.open_breakers())
        self._kept_up_at = self.clock.monotonic()

    def _held(self) -> list[Claimed]:
        """What is at work, and not for longer than it may: of what hangs another deliverer may try its luck."""
        since = self.clock.monotonic() - LONGEST_SECONDS
        with self._lock:
            return [each.claimed for each in self._at_work.values() if each.begun > since]

    def _let_finish(self) -> None:
        end = self.clock.monotonic() + STOP_SECONDS
        while self._at_work and self.clock.monotonic() < end:
            self._freed.wait(POLL_SECONDS)
            self._freed.clear()
        if self._at_work:
            _log.warning("deliverer_leaves_attempts", count=len(self._at_work))
