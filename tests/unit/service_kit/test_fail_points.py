"""A process dies where it was told to, once for each order, and only where nobody's money is."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import pytest

from service_kit.env import CommandSettings
from service_kit.fail_points import OFF, FailPoint, Ordered, Point, among

DEADLY = """
import sys
from pathlib import Path
from service_kit.fail_points import FailPoint, Point
fail_point = FailPoint(Point.HANDLED, Path(sys.argv[1]))
fail_point.reached(Point.TAKEN)
fail_point.reached(Point.HANDLED)
"""


class ShopSettings(CommandSettings):
    fail_point: Annotated[Ordered, among(Point.TAKEN, Point.HANDLED)] = OFF


def outcome(order: Path) -> tuple[int, str]:
    ended = subprocess.run([sys.executable, "-c", DEADLY, str(order)], capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout


def test_who_finds_the_order_takes_it_away_and_dies_so_that_the_next_one_lives(tmp_path: Path) -> None:
    order = tmp_path / "order"
    order.touch()

    code, said = outcome(order)

    assert code == -signal.SIGKILL
    assert "fail_point_reached" in said
    assert Point.HANDLED in said
    assert not order.exists()
    assert outcome(order) == (0, "")


def test_a_process_that_was_told_of_no_point_passes_them_all() -> None:
    for point in Point:
        OFF.reached(point)


def test_a_point_is_named_with_the_file_that_orders_the_death(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "development")
    monkeypatch.setenv("FAIL_POINT", "consumer.handled:/run/order")

    assert ShopSettings.from_env().fail_point == FailPoint(Point.HANDLED, Path("/run/order"))


def test_without_the_variable_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAIL_POINT", raising=False)

    assert ShopSettings.from_env().fail_point == OFF


@pytest.mark.parametrize(
    ("environment", "value"),
    [
        ("production", "consumer.handled:/run/order"),
        ("development", "relay.read:/run/order"),
        ("development", "consumer.handled"),
        ("development", "consumer.handled:order"),
        ("development", "nowhere:/run/order"),
    ],
)
def test_where_it_makes_no_sense_it_stops_the_start_by_name(
    environment: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ENVIRONMENT", environment)
    monkeypatch.setenv("FAIL_POINT", value)

    with pytest.raises(SystemExit) as stop:
        ShopSettings.from_env()

    assert stop.value.code == 2
    assert "FAIL_POINT is not usable" in capsys.readouterr().err
