"""Events, messages, and a lake whose manifest is in memory."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from analytics_service.domain.covered import Covered
from analytics_service.domain.files import Keeping, LakeFile
from analytics_service.domain.rollups import Bucket, Span, added
from analytics_service.housekeeping import Housekeeper
from analytics_service.ingester import Ingester, decode
from analytics_service.lake.folder import LakeFolder
from analytics_service.metrics import IngesterMetrics
from analytics_service.ports import Batch, ConflictError, RolledUp, RollupsNotFilledError, Snapshot, State
from contracts import topics
from contracts.codec import codec_for
from contracts.moments import rfc3339
from service_kit.kafka import Message
from service_kit.process import Progress
from tests.manual_clock import ManualClock
from tests.unit.analytics_service.jobs_in_memory import JobsInMemory
from tests.unit.analytics_service.reconciliations_in_memory import ReconciliationsInMemory
from tests.unit.analytics_service.schedules_in_memory import SchedulesInMemory

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
WORLD = "world:EUR"


class ManifestInMemory:
    """Passes the same tests as the one in MongoDB: tests/unit/analytics_service/manifest_contract.py."""

    def __init__(self) -> None:
        self.version = 0
        self.sweeps = 0
        self.covered = Covered()
        self.offsets: dict[str, int] = {}
        self.committed_at: datetime | None = None
        self.files: dict[str, tuple[LakeFile, datetime | None]] = {}
        self.buckets: list[Bucket] = []
        self.rolled_up = True
        self.minutes_from: datetime | None = None
        self.complete_from: datetime | None = None

    def state(self) -> State:
        return State(self.version, self.covered, self.rolled_up, self.minutes_from, self.complete_from)

    def commit(self, base: State, covered: Covered, batch: Batch) -> None:
        if base.version != self.version:
            raise ConflictError
        self.version += 1
        self.covered = covered
        self.committed_at = batch.committed_at
        self.files |= {file.path: (file, None) for file in batch.files}
        self.offsets |= {name: max(offset, self.offsets.get(name, 0)) for name, offset in batch.offsets.items()}
        if base.rolled_up:
            self.buckets = added([*self.buckets, *base.kept(batch.rollups)])

    def fill_rollups(self, base: State, buckets: Sequence[Bucket]) -> None:
        if base.version != self.version:
            raise ConflictError
        self.version += 1
        self.rolled_up = True
        self.buckets = added(base.kept(buckets))

    def forget_minutes(self, before: datetime) -> None:
        self.minutes_from = max(before, self.minutes_from or before)
        self.buckets = self.state().kept(self.buckets)

    def replace(self, old: Sequence[LakeFile], new: LakeFile, now: datetime, sweeps: int) -> None:
        if sweeps != self.sweeps or any(self.files.get(file.path, (None, now))[1] for file in old):
            raise ConflictError
        self.files |= {file.path: (file, now) for file in old} | {new.path: (new, None)}

    def snapshot(self) -> Snapshot:
        live = sorted((f for f, retired in self.files.values() if retired is None), key=lambda f: f.first_position)
        return Snapshot(self.covered, live, self.committed_at, self.sweeps, self.complete_from)

    def retire_days(self, before: datetime, now: datetime) -> int:
        if self.complete_from is not None and self.complete_from >= before:
            return 0
        self.version += 1
        self.complete_from = before
        day = before.date().isoformat()
        old = {path: (file, now) for path, (file, at) in self.files.items() if at is None and file.day < day}
        self.files |= old
        return len(old)

    def fence(self) -> None:
        self.version += 1
        self.sweeps += 1

    def unknown(self, paths: Iterable[str]) -> list[str]:
        return [path for path in paths if path not in self.files]

    def retired_before(self, moment: datetime) -> list[str]:
        return [path for path, (_, retired) in self.files.items() if retired is not None and retired < moment]

    def forget(self, path: str) -> None:
        if path in self.files and self.files[path][1] is not None:
            del self.files[path]


class RollupsInMemory:
    """Passes the same tests as those in MongoDB: tests/unit/analytics_service/rollups_contract.py."""

    def __init__(self, manifest: ManifestInMemory) -> None:
        self._manifest = manifest

    def read(self, spans: Sequence[Span]) -> RolledUp:
        if not self._manifest.rolled_up:
            raise RollupsNotFilledError
        buckets = [bucket for span in spans for bucket in self._manifest.buckets if span.has(bucket)]
        return RolledUp(buckets, self._manifest.covered.watermark, self._manifest.minutes_from)

    def count(self) -> int:
        return len(self._manifest.buckets)


def transfer(
    position: int,
    payer: str | None = "ann",
    payee: str | None = "bob",
    amount: int = 1250,
    *,
    at: datetime | None = None,
    reason: str | None = None,
    type: str = "payment",
    currency: str = "EUR",
    origin: str = "user",
    payees: Sequence[tuple[str, int]] = (),
) -> dict[str, Any]:
    """The event of a payment, a grant (`payer` None) or a rejected one (`reason`); `payees` for several of them."""
    grant = payer is None
    parties = payees or [(payee, amount)]
    return {
        "event_id": an_id(position),
        "type": "transfer.rejected" if reason else "transfer.posted",
        "position": position,
        "occurred_at": rfc3339(at or NOON + timedelta(seconds=position)),
        "transfer": {
            "id": an_id(position),
            "type": "grant" if grant else type,
            "status": "rejected" if reason else "posted",
            "reason": reason,
            "amount": amount,
            "currency": currency,
            "payer": {
                "account": WORLD if grant else account(payer),
                "user_id": None if grant else user(payer),
                "balance_after": None if reason else 1_000,
                "origin": "world" if grant else origin,
            },
            "payees": [
                {
                    "account": name and account(name),
                    "user_id": name and user(name),
                    "amount": share,
                    "balance_after": None if reason else 2_000,
                    "origin": name and origin,
                }
                for name, share in parties
            ],
        },
    }


def opened(position: int, who: str = "ann") -> dict[str, Any]:
    """The event of an account's opening."""
    return {
        "event_id": an_id(position),
        "type": "account.opened",
        "position": position,
        "occurred_at": rfc3339(NOON + timedelta(seconds=position)),
        "account": {
            "id": account(who),
            "user_id": user(who),
            "currency": "EUR",
            "purpose": "main",
            "origin": "user",
        },
    }


def an_id(number: int) -> str:
    return f"0190d5a0-7c1e-7000-8000-{number:012d}"


def account(who: str) -> str:
    return f"account-{who}"


def user(who: str) -> str:
    return f"user-{who}"


def messages(events: Iterable[dict[str, Any]], partition: int = 0, first_offset: int = 0) -> list[Message]:
    """As the ingester's `handle` gets them: encoded, and decoded again."""
    made = []
    for offset, event in enumerate(events, first_offset):
        value = codec_for(topics.TRANSACTIONS).encode(event)
        message = Message(topics.TRANSACTIONS, partition, offset, 0, b"key", value)
        made.append(message.understood(decode(message)))
    return made


def folder(root: Path) -> LakeFolder:
    numbers = itertools.count(1)
    return LakeFolder(root, lambda: f"{next(numbers):06d}")


class TestLake:
    """A lake in a temporary folder that events can be put into."""

    __test__ = False

    def __init__(self, root: Path, manifest: Any = None, rollups: Any = None) -> None:
        self.root = root
        self.registry = CollectorRegistry()
        self.metrics = IngesterMetrics(self.registry)
        self.clock = ManualClock(NOON)
        self.manifest = manifest or ManifestInMemory()
        self.rollups = rollups or RollupsInMemory(self.manifest)
        self.folder = folder(root)
        self.jobs = JobsInMemory(self.clock)
        self.schedules = SchedulesInMemory(self.clock)
        self.reconciliations = ReconciliationsInMemory()
        self.ingester = Ingester(self.manifest, self.folder, self.clock, self.metrics)

    def housekeeper(self, folder: LakeFolder | None = None, days: int | None = None) -> Housekeeper:
        """As wiring makes it."""
        return Housekeeper(
            self.manifest,
            self.rollups,
            folder or self.folder,
            self.clock,
            self.metrics,
            Progress(self.clock),
            Keeping(timedelta(hours=48), None if days is None else timedelta(days=days)),
        )

    def put(self, *events: dict[str, Any]) -> None:
        """In one batch."""
        self.ingester.handle(messages(events))

    def positions(self) -> list[int]:
        """Of every row in every live file, sorted: doubles show."""
        import pyarrow.parquet as pq

        files = self.manifest.snapshot().files
        tables = [pq.read_table(self.folder.path(f.path), columns=["position"], partitioning=None) for f in files]
        return sorted(position for table in tables for position in table["position"].to_pylist())

    def on_disk(self) -> set[str]:
        return {str(path.relative_to(self.root)) for path in self.root.glob("date=*/*")}


class Interrupted(Exception):
    """Stands for the end of the process at this very moment."""


class Interrupting:
    """A manifest or folder that ends the process before, or right after, one of its calls; once."""

    def __init__(self, real: Any, call: str, when: str) -> None:
        self._real = real
        self._call = call
        self._when = when

    def __getattr__(self, name: str) -> Any:
        method: Callable[..., Any] = getattr(self._real, name)
        if name != self._call:
            return method

        def interrupted(*args: Any, **options: Any) -> Any:
            self._call = ""
            if self._when == "before":
                raise Interrupted
            method(*args, **options)
            raise Interrupted

        return interrupted
