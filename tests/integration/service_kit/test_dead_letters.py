"""What an operator sees of dead letters, and puts back, on the real broker."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest

from contracts.events import EventAttributes, is_republished
from contracts.topics import Topic
from service_kit import dead_letters
from service_kit.kafka import Message, Producer, Record
from service_kit.kafka.dead_letters import DeadLetter
from service_kit.kafka.reading import reader
from tests.manual_clock import ManualClock

# Seen once, on a busy machine: a client of kafka-python that is closed right after it connected leaves a socket to the
# garbage collector. The command ends with it; here it is collected before the next file's tests.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
Run = Callable[..., int]
Die = Callable[..., None]


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture(params=["compact", "delete"])
def policy(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def run(kafka_bootstrap: str, topic: str, policy: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command, on a platform with this topic only."""
    only = Topic(topic, "", "", (), ("a consumer",), 3, {"cleanup.policy": policy})
    monkeypatch.setattr(dead_letters, "topics", lambda: {topic: only})
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka_bootstrap)
    return lambda *arguments: dead_letters.main(arguments)


@pytest.fixture
def die(producer: Producer, clock: ManualClock) -> Die:
    """A consumer gives a message up."""
    return lambda message, cause="schema", group="readers": producer.send_all(
        [DeadLetter(message, cause, "no").record(group, clock)]
    )


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def event(topic: str, id: str, second: int, key: str = "ann") -> Record:
    attributes = EventAttributes(id, "user.changed", "auth", f"2026-01-02T03:04:{second:02}.000Z")
    return Record(topic, key.encode(), id.encode(), attributes.headers())


def on(bootstrap: str, topic: str, key: str = "ann") -> list[Message]:
    """What a topic has of a key."""
    with reader(bootstrap, "tests") as source:
        found = [message for each in source.partitions(topic) for message in source.read(topic, each)]
    return [message for message in found if message.key == key.encode()]


def values(messages: list[Message]) -> list[str]:
    return [(message.value or b"").decode() for message in messages]


def test_they_are_listed_by_cause_and_put_back_as_they_were(
    kafka_bootstrap: str,
    topic: str,
    policy: str,
    producer: Producer,
    run: Run,
    die: Die,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run() == 0
    assert capsys.readouterr().out == "no dead letters\n"
    producer.send_all([event(topic, "old", 1), event(topic, "new", 2), event(topic, "bob's", 3, "bob")])
    old, new = on(kafka_bootstrap, topic)
    die(old)
    die(old, group="others")
    assert run() == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:4] for line in lines] == [["1", topic, group, "schema"] for group in ("others", "readers")]

    assert run("--back", topic) == 0
    assert capsys.readouterr().out == f"put back 1 on {topic}\n"
    _, _, *again = on(kafka_bootstrap, topic)
    # On a compacted topic the newest has to stay the last.
    assert values(again) == ["old", "new"] if policy == "compact" else ["old"]
    assert all(is_republished(message.headers) for message in again)
    assert again[0].headers[:-1] == old.headers
    assert values(on(kafka_bootstrap, topic, "bob")) == ["bob's"]
    assert new.value == b"new"


def test_of_what_died_twice_the_last_is_put_back_once(
    kafka_bootstrap: str, topic: str, policy: str, producer: Producer, run: Run, die: Die
) -> None:
    producer.send_all([event(topic, "old", 1), event(topic, "new", 2)])
    die(on(kafka_bootstrap, topic)[0])
    assert run("--back", topic) == 0
    die(on(kafka_bootstrap, topic)[2])
    assert run("--back", topic) == 0
    once = ["old", "new"] if policy == "compact" else ["old"]
    assert values(on(kafka_bootstrap, topic)) == ["old", "new", *once, *once]


def test_they_are_chosen_by_cause_and_time(
    kafka_bootstrap: str, topic: str, producer: Producer, run: Run, die: Die, clock: ManualClock
) -> None:
    producer.send_all([event(topic, name, second) for second, name in enumerate(("a", "b", "c"))])
    first, second, third = on(kafka_bootstrap, topic)
    die(first)
    clock.advance(60)
    since = clock.now().isoformat()
    die(second)
    die(third, "failed")
    assert run("--back", topic, "--cause", "schema", "--since", since) == 0
    assert values(on(kafka_bootstrap, topic))[3] == "b"


@pytest.mark.parametrize(
    "arguments", [("--back", "nowhere"), ("--since", "yesterday"), ("--since", "2026-01-02T03:04")]
)
def test_a_bad_argument_is_refused(run: Run, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(*arguments)
    assert ended.value.code == 2


def test_a_broker_that_is_away_is_said(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    assert run() == 1
    assert "127.0.0.1:1" in capsys.readouterr().err
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "")
    assert run() == 2
