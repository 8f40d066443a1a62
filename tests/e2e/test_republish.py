"""A range of positions on the topic again: every consumer knows its events, and nothing comes of it."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from bench.platform import Api
from bench.stacks import Platform
from bench.topic import positions_on_topic
from stack.layout import ROOT
from tests.drills.metrics import total
from tests.e2e.api_client import Client
from tests.waiting import eventually

TRANSFERS = 5
KNOWN_ALREADY = {
    "notification-consumer": "notification_suppressed_duplicates_total",
    "analytics-ingester": "lake_suppressed_duplicates_total",
}

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def republish(platform: Platform) -> Command:
    """The command as an operator runs it, with the relay's variables."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "transaction_service.republish", *arguments]
        environment = platform.stack.env("transaction-relay-1")
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def run(member: Callable[[], Client], operator: Api) -> tuple[int, int]:
    """The first and the last position of some transfers, all of which have gone through."""
    payer, payee = member(), member()
    sent = [payer.send(payee.username, 100 + n).json()["position"] for n in range(TRANSFERS)]
    first, last = min(sent), max(sent)
    eventually(lambda: operator.notified(first - 1, last) > last - first, what="all are notified", within_seconds=60)
    eventually(
        lambda: operator.lake_coverage(first - 1, last).positions > last - first,
        what="all are in the lake",
        within_seconds=60,
    )
    return first, last


def test_consumers_leave_out_what_is_republished(
    run: tuple[int, int], republish: Command, platform: Platform, operator: Api
) -> None:
    first, last = run
    told, rows = operator.notifications(first - 1, last), operator.lake_coverage(first - 1, last)
    known = {name: total(platform, name, metric) for name, metric in KNOWN_ALREADY.items()}

    done = republish("--from", str(first), "--to", str(last))

    count = last - first + 1
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{count} of {count} are on the topic again" in done.stdout
    for name, metric in KNOWN_ALREADY.items():
        eventually(
            lambda name=name, metric=metric: total(platform, name, metric) >= known[name] + count,
            what=f"{name} knows them",
            within_seconds=60,
        )
    assert operator.notifications(first - 1, last) == told
    assert operator.lake_coverage(first - 1, last) == rows
    on_topic = positions_on_topic(platform.kafka_bootstrap_servers)
    assert {on_topic[position] for position in range(first, last + 1)} == {1}


def test_a_dry_run_says_what_there_is_and_publishes_nothing(run: tuple[int, int], republish: Command) -> None:
    first, last = run

    done = republish("--from", str(first), "--to", str(last), "--dry-run")

    assert done.returncode == 0
    assert f"{last - first + 1} positions, {first} to {last}: " in done.stdout
    assert "transfer.posted" in done.stdout
    assert done.stdout.endswith("a dry run: nothing was published\n")


def test_a_range_beyond_the_journal_is_refused_with_the_reason(republish: Command) -> None:
    done = republish("--from", "1", "--to", "999999999")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("nothing was published: there is no position 999999999: the journal ends at ")
