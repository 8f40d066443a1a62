"""The lake of a running platform made anew from the ledger's API, as an operator does it, beside the ingester."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from rich.console import Console

from bench.platform import Api
from bench.stacks import Platform
from stack.layout import ROOT
from tests.drills.kill_ingester import compare
from tests.e2e.api_client import Client
from tests.lake_sums import StoredLake
from tests.waiting import eventually

TRANSFERS = 5
QUIET = Console(quiet=True)


@pytest.fixture
def lake(platform: Platform) -> Iterator[StoredLake]:
    stored = StoredLake(platform)
    yield stored
    stored.close()


@pytest.fixture
def backfill(platform: Platform) -> Callable[..., str]:
    """`make backfill`; what it says."""

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "stack", "backfill", *arguments]
        environment = os.environ | {"STACK_DIR": str(platform.directory)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def paid(member: Callable[[], Client], operator: Api) -> int:
    """The last position of some transfers that are in the lake."""
    payer, payee = member(), member()
    last = max(int(payer.send(payee.username, 100 + n).json()["position"]) for n in range(TRANSFERS))
    eventually(lambda: operator.is_in_lake(last), what="the last is in the lake", within_seconds=60)
    return last


@pytest.mark.usefixtures("paid")
def test_a_lake_that_is_filled_beside_its_ingester_has_everything_once(
    backfill: Callable[..., str], lake: StoredLake, operator: Api
) -> None:
    assert backfill().startswith("filled: ")
    assert compare(operator, lake, QUIET)[1] == []


@pytest.mark.timeout(300)
def test_a_lake_that_lost_a_file_is_made_anew_to_the_unit(
    paid: int, backfill: Callable[..., str], lake: StoredLake, operator: Api
) -> None:
    lost = lake.lose_the_newest_file()

    said = backfill("--rebuild")

    assert f"{lost.day}: a file lost before" in said
    assert operator.is_in_lake(paid)
    assert compare(operator, lake, QUIET)[1] == []


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("paid")
def test_a_whole_lake_that_is_made_anew_is_equal_to_the_old_one(
    backfill: Callable[..., str], lake: StoredLake, operator: Api, member: Callable[[], Client]
) -> None:
    assert "equal: the old lake had the same rows" in backfill("--rebuild")
    # The ingester goes on in the new one.
    payer, payee = member(), member()
    position = int(payer.send(payee.username, 1).json()["position"])
    eventually(lambda: operator.is_in_lake(position), what="a payment after it", within_seconds=60)
    assert compare(operator, lake, QUIET)[1] == []
