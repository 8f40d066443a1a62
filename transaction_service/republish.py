"""Put a range of positions on the topic again: `python -m transaction_service.republish --from 100 --to 200`.

For a consumer that has to read what it has lost, or what the topic no longer keeps. The events are the same, by the
same ids, and marked as `republished`; who has them leaves them out. The relay's cursor stays where it is, and the relay
goes on meanwhile. `--dry-run` only says what there is. Exit code 0: done; 1: stopped on the way, with the position to
go on from; 2: nothing was begun.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from prometheus_client import CollectorRegistry
from pymongo.errors import PyMongoError

from contracts import topics
from contracts.moments import rfc3339
from service_kit import mongo
from service_kit.kafka import Producer, PublishFailed
from service_kit.metrics import MessagingMetrics
from transaction_service import publishing
from transaction_service.ports import Cursor
from transaction_service.publishing import GapError, Records, next_batch, publish
from transaction_service.settings import RepublishSettings
from transaction_service.storage.collections import Collections
from transaction_service.storage.cursor import MongoCursor
from transaction_service.storage.reading import MongoReader


class Journal(publishing.Journal, Protocol):
    """What is read, and how far it goes."""

    def head(self) -> int: ...


class NoSuchRange(Exception):
    """The journal lacks some of the range, or the relay has yet to publish it."""


class Stopped(Exception):
    """Not all of the range is on the topic again; the message says from where to go on."""


@dataclass(frozen=True)
class Range:
    """Positions `first` to `last`, both included."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __str__(self) -> str:
        return f"{len(self):,} positions, {self.first} to {self.last}"


def require_published(wanted: Range, journal: Journal, cursor: Cursor) -> None:
    """Raises NoSuchRange where a position isn't in the journal, or isn't on the topic for the first time yet."""
    head, published = journal.head(), cursor.position()
    if wanted.last > head:
        raise NoSuchRange(f"there is no position {wanted.last}: the journal ends at {head}")
    if wanted.last > published:
        raise NoSuchRange(
            f"position {wanted.last} was not published yet: the relay stands at {published}, and goes on by itself"
        )


def summary_of(wanted: Range, journal: Journal) -> str:
    """What there is: how many of which type, and from when to when."""
    types: Counter[str] = Counter()
    moments: list[datetime] = []
    for records in _batches(wanted, journal):
        types.update(record["event_type"] for record in records)
        # The journal's times never go back.
        moments = [*moments[:1], records[0]["at"], records[-1]["at"]]
    counts = ", ".join(f"{count:,} {type}" for type, count in sorted(types.items()))
    return f"{wanted}: {counts}, decided from {rfc3339(moments[0])} to {rfc3339(moments[-1])}"


def republish(
    wanted: Range, journal: Journal, producer: Producer, tell: Callable[[int], None], topic: str = topics.TRANSACTIONS
) -> None:
    """Publish the range again, in order; `tell` hears after each batch how many positions are there.

    Raises:
        Stopped: the broker or the journal failed on the way.
    """
    done = 0
    try:
        for records in _batches(wanted, journal):
            publish(producer, topic, records, again=True)
            done += len(records)
            tell(done)
    except (PublishFailed, PyMongoError, GapError) as error:
        raise Stopped(f"{done:,} are on the topic again; go on with --from {wanted.first + done}: {error}") from error


def _batches(wanted: Range, journal: Journal) -> Iterator[Records]:
    after = wanted.first - 1
    while after < wanted.last:
        records = next_batch(journal, after, wanted.last)
        yield records
        after = records[-1]["_id"]


@dataclass(frozen=True)
class Asked:
    """The command line."""

    wanted: Range
    dry_run: bool


def parsed(arguments: Sequence[str]) -> Asked:
    """Read the command line; exits with 2 and a line that says what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m transaction_service.republish", description=__doc__)
    parser.add_argument("--from", dest="first", type=int, required=True, metavar="POSITION", help="the first one")
    parser.add_argument("--to", dest="last", type=int, required=True, metavar="POSITION", help="the last one")
    parser.add_argument("--dry-run", action="store_true", help="say what there is, and publish nothing")
    options = parser.parse_args(arguments)
    if options.first < 1:
        parser.error(f"--from {options.first}: the journal begins at position 1")
    if options.last < options.first:
        parser.error(f"--to {options.last} lies before --from {options.first}")
    return Asked(Range(options.first, options.last), options.dry_run)


def main(arguments: list[str]) -> int:
    """The command: see the module's docstring."""
    asked = parsed(arguments)
    settings = RepublishSettings.from_env()
    collections = Collections(mongo.connect(settings.mongo_url.get_secret_value(), "transaction-republish"))
    journal = MongoReader(collections)
    try:
        require_published(asked.wanted, journal, MongoCursor(collections))
        sys.stdout.write(summary_of(asked.wanted, journal) + "\n")
    except (NoSuchRange, GapError, PyMongoError) as error:
        sys.stderr.write(f"nothing was published: {error}\n")
        return 2
    if asked.dry_run:
        sys.stdout.write("a dry run: nothing was published\n")
        return 0
    return _publish(asked.wanted, journal, settings.kafka_bootstrap_servers)


def _publish(wanted: Range, journal: Journal, brokers: str) -> int:
    metrics = MessagingMetrics(CollectorRegistry())
    producer = Producer(brokers, "transaction-republish", metrics, topics=(topics.TRANSACTIONS,))

    def tell(done: int) -> None:
        sys.stdout.write(f"{done:,} of {len(wanted):,} are on the topic again\n")
        sys.stdout.flush()

    try:
        republish(wanted, journal, producer, tell)
    except Stopped as error:
        sys.stderr.write(f"stopped: {error}\n")
        return 1
    finally:
        producer.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
