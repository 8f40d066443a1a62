"""The disk is full that one store's data lies on: what needs it refuses or waits, and goes on once there is room."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console

from bench.stacks import Platform
from stack.restart import restart
from tests.drills import frame, verification
from tests.drills.alerts import Alert
from tests.drills.relaunch import stop
from tests.drills.small_disk import SmallDisk
from tests.drills.stop_kafka import out_of_order

FULL_SECONDS = 50
"""Below the minute for which senders ask again; the alert comes after 40 s."""
LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Store:
    """A folder of the stack's data, and the processes that write to it, in the order of their start."""

    name: str
    folder: str
    users: Sequence[str]
    silence_limit_s: float


STORES = (
    # It ends itself when it can't write, and can't start before there is room: 503 so long.
    Store("disk-full-mongod", "mongod", ("mongod",), FULL_SECONDS + 60.0),
    # It ends itself too; transfers go on, and what waited is published once there is room.
    Store("disk-full-kafka", "kafka", ("kafka",), 5.0),
    # The ingester keeps trying; nothing else waits for it.
    Store("disk-full-lake", "lake", ("analytics-web", "analytics-ingester", "analytics-reporter"), 5.0),
)


class DiskFull:
    """Not a block is free, until somebody makes room: what a store gives back when it dies is taken at once."""

    alerts: Sequence[Alert] = (Alert("DiskFillingUp"),)

    def __init__(self, store: Store, disk: SmallDisk, platform: Platform) -> None:
        self.name, self.silence_limit_s = store.name, store.silence_limit_s
        self._disk = disk
        self._platform = platform
        self._began = self.ended_at = 0.0
        self._over = threading.Event()
        self._filler = threading.Thread(target=self._keep_full, name="filler")

    def aim(self, platform: Platform) -> None:
        """The disk is chosen already."""

    def inject(self) -> None:
        self._began = time.monotonic()
        self._filler.start()

    def heal(self) -> None:
        """Once the alert has fired and the store has felt it."""
        time.sleep(max(0.0, self._began + FULL_SECONDS - time.monotonic()))
        self._over.set()
        self._filler.join()
        self._disk.free()
        self.ended_at = time.time()
        frame.until_healthy(self._platform)

    def _keep_full(self) -> None:
        while not self._over.is_set():
            self._disk.fill()
            self._over.wait(LOOK_SECONDS)

    def findings(self, platform: Platform) -> list[str]:
        """The ledger is sound, the topic in order, and every process ready."""
        return [*verification.broken(platform), *out_of_order(platform), *platform.unhealthy()]


def run(store: Store, platform: Platform, console: Console) -> frame.Report:
    """Drill a running platform, whose data is where it was in the end; needs what `small_disk.lacking` tells of."""
    layout = platform.stack.layout
    disk = SmallDisk(layout.data / store.folder, layout.directory / "small-disk")
    with _stopped(platform, store.users):
        disk.put_under()
    try:
        return frame.run(DiskFull(store, disk, platform), platform, console)
    finally:
        disk.free()
        with _stopped(platform, store.users):
            disk.take_away()


@contextmanager
def _stopped(platform: Platform, names: Sequence[str]) -> Iterator[None]:
    stop(platform, names)
    try:
        yield
    finally:
        for name in names:
            restart(platform.stack, name)
