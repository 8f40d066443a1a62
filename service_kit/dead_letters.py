"""`python -m service_kit.dead_letters`: what consumers could not use, by topic, group and cause. `--back TOPIC` puts it
back on its topic, for whoever has been mended since; `--cause` and `--since` choose among it.

Nothing is taken from the dead letters, which go by themselves after two weeks. To put something back twice, or to send
it to consumers that had it, does no harm: it is marked as `republished`, and they know it by its event's id. What still
can't be used becomes a dead letter again. On a compacted topic the newest record of each key that was put back follows
once more, since compaction would else keep the old one instead.

Exits with 0; with 1 if Kafka is away, with 2 for a bad argument or variable.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kafka.errors import KafkaError
from prometheus_client import CollectorRegistry

from contracts.events import REPUBLISHED
from contracts.topics import Topic, topics
from service_kit.kafka import Producer, Record
from service_kit.kafka.dead_letters import PREFIX
from service_kit.kafka.errors import KafkaMisconfigured, PublishFailed
from service_kit.kafka.reading import Reader, reader
from service_kit.kafka.records import Message
from service_kit.metrics import MessagingMetrics

VARIABLE = "KAFKA_BOOTSTRAP_SERVERS"
AT_ONCE = 200


@dataclass(frozen=True)
class Letter:
    """A dead letter: the message as it lies there, and what its headers tell of it."""

    message: Message
    group: str
    cause: str
    died_at: datetime
    partition: int
    offset: int
    """Where it lay on its own topic."""

    @classmethod
    def of(cls, message: Message) -> Letter | None:
        """None for a record that no consumer of ours has put there."""
        told = {name.removeprefix(PREFIX): value.decode("utf-8", "replace") for name, value in message.headers}
        try:
            died_at = datetime.fromisoformat(told["time"])
            return cls(message, told["group"], told["cause"], died_at, int(told["partition"]), int(told["offset"]))
        except (KeyError, ValueError):
            return None

    @property
    def identity(self) -> str:
        """The event's id; the place, of what has none."""
        return self.message.header("ce_id") or f"{self.partition}@{self.offset}"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: see the module's docstring."""
    wanted = _arguments(arguments)
    bootstrap = os.environ.get(VARIABLE, "")
    try:
        with reader(bootstrap, "dead-letters") as source:
            found = {topic: chosen(letters_of(source, topic), wanted.cause, wanted.since) for topic in _asked(wanted)}
            if not wanted.back:
                return _say(listed(found), 0)
            count = put_back(source, _producer(bootstrap), wanted.back, found[wanted.back])
    except KafkaMisconfigured as error:
        return _say(str(error), 2)
    except (KafkaError, PublishFailed) as error:
        return _say(f"dead letters: {error}", 1)
    return _say(f"put back {count:,} on {wanted.back}", 0)


def letters_of(source: Reader, topic: str) -> list[Letter]:
    """All that wait beside a topic, in the order in which they died."""
    dead = topics()[topic].dead_letters
    messages = (message for partition in source.partitions(dead) for message in source.read(dead, partition))
    return [letter for letter in map(Letter.of, messages) if letter is not None]


def chosen(letters: Iterable[Letter], cause: str | None, since: datetime | None) -> list[Letter]:
    """Those of one cause, and that died at `since` or later; the last of each event that a group let die repeatedly."""
    latest = {(each.group, each.identity): each for each in letters}
    return [
        each for each in latest.values() if cause in (None, each.cause) and (since is None or each.died_at >= since)
    ]


def put_back(source: Reader, producer: Producer, topic: str, letters: Sequence[Letter]) -> int:
    """Publish them on their own topic in the order in which they lay there; how many those were. Raises KafkaError,
    PublishFailed: what was put back before that stays, and all may be put back again."""
    # Two groups may have the same event among their dead letters.
    once = {each.identity: each for each in letters}
    ordered = sorted(once.values(), key=lambda each: (each.partition, each.offset))
    try:
        for start in range(0, len(ordered), AT_ONCE):
            part = ordered[start : start + AT_ONCE]
            after = newest(source, topic, part) if is_compacted(topics()[topic]) else []
            producer.send_all([_again(topic, each.message) for each in part] + after)
            if len(ordered) > AT_ONCE:
                _say(f"{start + len(part):,} of {len(ordered):,}", 0)
    finally:
        producer.close()
    return len(ordered)


def newest(source: Reader, topic: str, letters: Sequence[Letter]) -> list[Record]:
    """Of each of their keys the record whose event happened last, where that is none of them."""
    first: dict[int, int] = {}
    for each in letters:
        first[each.partition] = min(first.get(each.partition, each.offset), each.offset)
    last: dict[bytes | None, Message] = {}
    keys = {each.message.key for each in letters}
    for partition, offset in first.items():
        for message in source.read(topic, partition, offset):
            if message.key in keys and _happened(message) >= _happened(last.get(message.key)):
                last[message.key] = message
    own = {each.identity for each in letters}
    return [_again(topic, each) for each in last.values() if each.header("ce_id") not in own]


def _happened(message: Message | None) -> str:
    """RFC 3339 in UTC, so it compares as text. By this and not by its place: it may have been put back before."""
    return (message and message.header("ce_time")) or ""


def is_compacted(topic: Topic) -> bool:
    return "compact" in topic.config.get("cleanup.policy", "")


def listed(found: Mapping[str, Sequence[Letter]]) -> str:
    """How many of each kind there are, and of when."""
    kinds: dict[tuple[str, str, str], list[datetime]] = defaultdict(list)
    for topic, letters in found.items():
        for each in letters:
            kinds[topic, each.group, each.cause].append(each.died_at)
    return "\n".join(_line(*kind, at) for kind, at in sorted(kinds.items())) or "no dead letters"


def _line(topic: str, group: str, cause: str, at: Sequence[datetime]) -> str:
    first, last = (f"{moment:%Y-%m-%d %H:%M:%S}" for moment in (min(at), max(at)))
    return f"{len(at):>7,}  {topic:14}  {group:24}  {cause:14}  {first}  to {last}"


def _again(topic: str, message: Message) -> Record:
    kept = [(name, value) for name, value in message.headers if not name.startswith(PREFIX) and name != REPUBLISHED]
    return Record(topic, message.key, message.value, [*kept, (REPUBLISHED, b"true")])


def _producer(bootstrap: str) -> Producer:
    return Producer(bootstrap, "dead-letters", MessagingMetrics(CollectorRegistry()), topics=())


def _asked(wanted: argparse.Namespace) -> list[str]:
    return [wanted.back] if wanted.back else [name for name, topic in topics().items() if topic.consumers]


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m service_kit.dead_letters", description=__doc__)
    names = [name for name, topic in topics().items() if topic.consumers]
    parser.add_argument("--back", metavar="TOPIC", choices=names, help=f"put them back on {' or '.join(names)}")
    parser.add_argument("--cause", help="only those that died of it, as the list has it")
    parser.add_argument(
        "--since", type=_moment, metavar="TIME", help="only those that died later: 2026-11-02T08:00:00Z"
    )
    return parser.parse_args(arguments)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError
    return moment


def _say(line: str, code: int) -> int:
    print(line, file=sys.stderr if code else sys.stdout)
    return code


if __name__ == "__main__":
    raise SystemExit(main())
