"""What the drills on clocks and the network judge and change by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.drills.clock_off import Stamp, times_back
from tests.drills.network import SERVERS, moved
from tests.drills.relaunch import Launch, with_variables

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEMPLATES = {
    "mongod": "net:\n  port: 27017\n",
    "kafka": "broker.id=1\nlisteners=PLAINTEXT://127.0.0.1:9092\nlog.dirs=/d\n",
}


def stamps(*minutes: float) -> list[Stamp]:
    return [Stamp(7, NOON + timedelta(minutes=each)) for each in minutes]


def test_a_journal_whose_time_stands_still_or_leaps_has_not_gone_back() -> None:
    assert times_back(stamps(0, 0.1, 10.2, 10.2, 10.2, 10.3)) == 0


def test_every_step_back_is_seen() -> None:
    assert times_back(stamps(0, 10, 9, 9, 12, 11.9)) == 2


def test_a_server_moves_to_another_port_and_is_still_told_of_under_the_old_one() -> None:
    ports = {"host": "127.0.0.1", "hidden": 40_000}
    done = {
        server.process: moved(
            TEMPLATES[server.process],
            server.before.format(**ports, port=port),
            server.after.format(**ports, port=port),
        )
        for server, port in zip(SERVERS, (27017, 9092), strict=True)
    }

    assert done["mongod"] == "net:\n  port: 40000\n"
    assert done["kafka"].splitlines()[1:3] == [
        "listeners=PLAINTEXT://127.0.0.1:40000",
        "advertised.listeners=PLAINTEXT://127.0.0.1:9092",
    ]


@pytest.mark.parametrize("text", ["", "a\na\n"])
def test_a_configuration_that_is_not_as_expected_is_left_alone(text: str) -> None:
    with pytest.raises(ValueError, match="times"):
        moved(text, "a", "b")


def test_a_process_is_started_with_further_variables_and_nothing_else_is_changed() -> None:
    launch = Launch(["python", "-m", "x"], {"A": "1", "B": "2"})

    assert with_variables(launch, {"B": "3", "C": "4"}) == Launch(["python", "-m", "x"], {"A": "1", "B": "3", "C": "4"})
