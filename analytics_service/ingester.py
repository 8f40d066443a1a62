"""Topic `transactions` -> the lake: `python -m analytics_service.ingester`.

A batch becomes files first and counts when the manifest says so, in one transaction that also covers its positions.
What is covered is never written again, so offsets set back, replays, rebalances and two members at once do no harm.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from analytics_service.domain.rows import Row, UnusableEventError, row_of
from analytics_service.lake.folder import LakeFolder
from analytics_service.lake.rolling import rolled_up
from analytics_service.lake.schema import LAKE
from analytics_service.metrics import IngesterMetrics
from analytics_service.ports import Batch, ConflictError, Manifest, State
from contracts import topics
from contracts.codec import codec_for
from service_kit.clock import Clock
from service_kit.kafka import InvalidMessage, Message
from service_kit.logging import get_logger

log = get_logger(__name__)

CONFLICTS_MAX = 50
"""Each means that another member has committed meanwhile; so many in a row mean something else."""


def decode(message: Message) -> Row:
    """The message as a row of the lake; raises InvalidEvent or InvalidMessage."""
    try:
        return row_of(codec_for(topics.TRANSACTIONS).decode(message.value))
    except UnusableEventError as error:
        raise InvalidMessage(str(error)) from None


NO_OFFSETS: Mapping[str, int] = {}


class Ingester:
    """Brings batches into the lake, each position once."""

    def __init__(self, manifest: Manifest, folder: LakeFolder, clock: Clock, metrics: IngesterMetrics) -> None:
        self._manifest = manifest
        self._folder = folder
        self._now = clock.now
        self._monotonic = clock.monotonic
        self._metrics = metrics

    def handle(self, messages: Sequence[Message]) -> None:
        """Return when every one of the messages is in the lake; `event` of each is its row.

        Raises PyMongoError or OSError (nothing was lost: the same batch may be handled again), or ConflictError when
        others keep committing in between.
        """
        began = self._monotonic()
        taken = self.take([message.event for message in messages], _next_offsets(messages))
        first = {message.event["position"]: message for message in reversed(messages)}
        self._metrics.committed([first[position] for position in taken], self._now(), self._monotonic() - began)
        self._metrics.suppressed_duplicates.inc(len(messages) - len(taken))

    def take(self, rows: Sequence[Row], offsets: Mapping[str, int] = NO_OFFSETS) -> Collection[int]:
        """The same for rows, wherever they are from; the positions that the lake had not covered."""
        consumed_at = self._now()
        for _ in range(CONFLICTS_MAX):
            state = self._manifest.state()
            fresh = {row["position"]: row for row in reversed(rows) if row["position"] not in state.covered}
            if not fresh:
                return ()
            # Never those of an earlier round: a sweep that came between may have taken them for strays.
            batch = self._write(list(fresh.values()), state, offsets, consumed_at)
            times = {position: row["occurred_at"] for position, row in fresh.items()}
            try:
                self._manifest.commit(state, state.covered.plus(times), batch)
            except ConflictError:
                log.info("lake_commit_conflicted", files=len(batch.files))
                continue
            return fresh.keys()
        raise ConflictError(f"{CONFLICTS_MAX} commits in a row came between")

    def _write(self, rows: Sequence[Row], state: State, offsets: Mapping[str, int], consumed_at: datetime) -> Batch:
        at = LAKE.get_field_index("consumed_at")
        stamps = pa.repeat(pa.scalar(consumed_at, LAKE.field(at).type), len(rows))
        table = pa.Table.from_pylist(rows, schema=LAKE).set_column(at, LAKE.field(at), stamps)
        days = table["occurred_at"].cast(pa.date32())
        files = [
            self._folder.write(day.isoformat(), table.filter(pc.equal(days, day)), consumed_at)
            for day in sorted(days.unique().to_pylist())
            if state.complete_from is None or day >= state.complete_from.date()
        ]
        at = self._now()
        return Batch([replace(file, committed_at=at) for file in files], rolled_up(table), offsets, at)


def _next_offsets(messages: Sequence[Message]) -> dict[str, int]:
    offsets: dict[str, int] = {}
    for message in messages:
        partition = f"{message.topic}-{message.partition}"
        offsets[partition] = max(offsets.get(partition, 0), message.offset + 1)
    return offsets


def main() -> int:
    """The process: see the module's docstring."""
    from analytics_service.wiring.ingester import run_ingester

    return run_ingester()


if __name__ == "__main__":
    raise SystemExit(main())
