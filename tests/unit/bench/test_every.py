"""All benchmarks in turn: what is measured again, and how the whole ends."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bench.__main__ import main
from bench.claims import Round, claim_from
from bench.every import conclude, is_measured
from bench.machine import Machine
from bench.measurement import Measurement, Remarks

MACHINE = Machine(cores=2, python="3.12.1", memory_gb=8.0, load_before=0.1, state="nothing else running")


def measurement(ours: float, bench: str = "quick") -> Measurement:
    claim = claim_from([Round(ours, 400)], claim="it is quick", unit="a second", goal=4, against="theirs")
    return Measurement(bench, "2026-12-01", "abc1234", "python -m bench quick", MACHINE, [claim])


def verdict(folder: Path, *names: str) -> tuple[int, str]:
    said = StringIO()
    code = conclude(Console(file=said, width=200), names, latest=folder, remarks=folder)
    return code, said.getvalue()


def test_a_measurement_is_read_as_it_was_written(tmp_path: Path) -> None:
    measurement(2000).write(tmp_path)

    assert Measurement.read(tmp_path, "quick") == measurement(2000)
    assert Measurement.read(tmp_path, "another") is None


def test_claims_that_hold_end_with_0(tmp_path: Path) -> None:
    measurement(2000).write(tmp_path)

    assert verdict(tmp_path, "quick")[0] == 0


def test_a_claim_below_its_goal_ends_with_1(tmp_path: Path) -> None:
    measurement(2000).write(tmp_path)
    measurement(1000, "slow").write(tmp_path)

    code, told = verdict(tmp_path, "quick", "slow")

    assert code == 1
    assert "NO" in told


def test_a_claim_below_its_goal_that_is_explained_ends_with_0(tmp_path: Path) -> None:
    measurement(1000).write(tmp_path)
    (tmp_path / "quick.yaml").write_text("below:\n  it is quick: It has a cold.\n")

    code, told = verdict(tmp_path, "quick")

    assert code == 0
    assert "no, explained" in told
    assert Remarks.of("quick", tmp_path).below == {"it is quick": "It has a cold."}


def test_a_benchmark_that_came_to_no_end_is_named(tmp_path: Path) -> None:
    measurement(2000).write(tmp_path)

    code, told = verdict(tmp_path, "quick", "broken")

    assert code == 1
    assert "came to no end: broken" in told


@pytest.mark.parametrize(
    ("then", "now", "measured"),
    [
        ("abc1234", "abc1234", True),
        ("abc1234", "def5678", False),
        # Two trees with changes need not be the same.
        ("abc1234+", "abc1234+", False),
        ("", "", False),
    ],
)
def test_what_a_commit_has_measured_is_not_measured_again(tmp_path: Path, then: str, now: str, measured: bool) -> None:
    replace(measurement(2000), revision=then).write(tmp_path)

    assert is_measured("quick", now, tmp_path) is measured
    assert not is_measured("another", now, tmp_path)


@pytest.mark.parametrize("arguments", [["nothing-like-it,ledger"], ["--names", "nothing-like-it"]])
def test_an_unknown_name_is_refused_before_anything_is_measured(arguments: list[str]) -> None:
    assert main(arguments) == 2
