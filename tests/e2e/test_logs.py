"""The logs of a running stack: one request's lines over all processes, and a level that changes while they run."""

from collections.abc import Callable

import pytest

from bench.stacks import Platform
from stack.log_level import change_level
from stack.running import Stack
from stack.traced_lines import Line, lines_of
from tests.e2e.api_client import Client
from tests.waiting import eventually

PASSED = ["transaction-web", "transaction-ledger", "transaction-relay", "notification-consumer", "analytics-ingester"]


def test_one_requests_lines_are_found_in_every_process_that_it_passed(
    member: Callable[[], Client], platform: Platform
) -> None:
    payer, payee = member(), member()
    logs = platform.directory / "logs"
    found: list[Line] = []

    def all_told() -> bool:
        # Not every trace is kept: another payment then.
        request = payer.send(payee.username, 1).headers["X-Request-ID"]

        def told() -> bool:
            found[:] = lines_of(request, logs)
            return all(any(line.process.startswith(name) for line in found) for name in PASSED)

        try:
            eventually(told, what="lines of every process", within_seconds=10)
        except AssertionError:
            return False
        return True

    eventually(all_told, what=f"lines of {PASSED} for one request", within_seconds=90)

    assert [line.at for line in found] == sorted(line.at for line in found)
    assert len({line.fields["trace_id"] for line in found}) == 1
    assert payer.token not in str(found)


@pytest.mark.parametrize("process", ["transaction-web", "notification-consumer"])
def test_the_level_changes_while_a_process_runs(process: str, platform: Platform) -> None:
    stack = Stack.load(platform.directory)
    log = stack.log(process)

    def changes() -> list[str]:
        lines = [line for line in log.read_text(encoding="utf-8").splitlines() if '"log_level_changed"' in line]
        return [line.partition('"to":"')[2].partition('"')[0] for line in lines]

    before = len(changes())
    assert change_level(stack, "debug", process) == [process]
    eventually(lambda: changes()[before:] == ["DEBUG"], what=f"{process} at DEBUG", within_seconds=30)
    assert change_level(stack, "usual", process) == [process]
    eventually(lambda: changes()[before:] == ["DEBUG", "INFO"], what=f"{process} as usual", within_seconds=30)
    assert not platform.unhealthy()
