"""A process dies where it was told to, once for each order, and only where nobody's money is."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from service_kit.env import CommandSettings
from service_kit.fail_points import OFF, FailPoints, Ordered, Point

DEADLY = """
import sys
from pathlib import Path
from service_kit.fail_points import FailPoints, Point
points = FailPoints(Path(sys.argv[1]))
points.reached(Point.TAKEN, of="shop")
print("taken", flush=True)
points.reached(Point.HANDLED, of="shop")
print("handled", flush=True)
"""


class ShopSettings(CommandSettings):
    fail_points: Ordered = OFF


def outcome(orders: Path) -> tuple[int, list[str]]:
    """The exit code, and which points were passed."""
    ended = subprocess.run([sys.executable, "-c", DEADLY, str(orders)], capture_output=True, text=True, check=False)
    return ended.returncode, [line for line in ended.stdout.splitlines() if line in ("taken", "handled")]


def test_who_finds_an_order_takes_it_away_and_dies_so_that_the_next_one_lives(tmp_path: Path) -> None:
    order = tmp_path / "shop.handled"
    order.touch()

    assert outcome(tmp_path) == (-signal.SIGKILL, ["taken"])
    assert not order.exists()
    assert outcome(tmp_path) == (0, ["taken", "handled"])


def test_an_order_for_another_group_is_left_for_that_one(tmp_path: Path) -> None:
    order = tmp_path / "till.handled"
    order.touch()

    assert outcome(tmp_path) == (0, ["taken", "handled"])
    assert order.exists()


def test_a_folder_that_is_not_there_orders_nothing(tmp_path: Path) -> None:
    assert outcome(tmp_path / "nowhere")[0] == 0


def test_without_the_variable_every_point_is_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAIL_POINTS", raising=False)
    points = ShopSettings.from_env().fail_points

    assert points == OFF
    for point in Point:
        points.reached(point)


def test_the_variable_names_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "development")
    monkeypatch.setenv("FAIL_POINTS", "/run/orders")

    assert ShopSettings.from_env().fail_points == FailPoints(Path("/run/orders"))


@pytest.mark.parametrize(
    ("environment", "folder"), [("production", "/run/orders"), ("development", "orders"), ("staging", "/run/orders")]
)
def test_where_it_makes_no_sense_it_stops_the_start_by_name(
    environment: str, folder: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ENVIRONMENT", environment)
    monkeypatch.setenv("FAIL_POINTS", folder)

    with pytest.raises(SystemExit) as stop:
        ShopSettings.from_env()

    assert stop.value.code == 2
    assert "FAIL_POINTS is not usable" in capsys.readouterr().err
