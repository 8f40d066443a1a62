"""The report by day over ten million transfers: against DuckDB, plain Pandas, and a tenth of the rows."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.claims import Claim, Round, claim_from
from bench.lakes import SIZE, made
from bench.report_runs import measured

WHO = ("ours", "pandas", "duckdb")
GOALS = {"duckdb": 1.8, "pandas": 0.7, "memory": 0.5, "slower": 11.0, "larger": 1.5}
UNITS = {"seconds": ("s", 1), "peak_bytes": ("MB", 1e6)}

Runs = list[Mapping[str, Any]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How much, how often, and where the files are; they are made by `python -m sample` where there are none."""
    parser.add_argument("--size", type=int, default=SIZE, help="transfers of the large lake")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each, in turn")
    parser.add_argument("--lakes", type=Path, nargs=2, metavar=("SMALL", "LARGE"), help="folders with a lake's files")


def run(options: argparse.Namespace) -> list[Claim]:
    """Measure and judge; RuntimeError when the answers differ."""
    console = Console()
    small, large = options.lakes or (made(console, size) for size in (options.size // 10, options.size))
    runs: dict[str, Runs] = {who: [] for who in (*WHO, "small")}
    for number in range(options.rounds):
        for who in WHO if number % 2 == 0 else WHO[::-1]:
            runs[who].append(measured(who, large))
        runs["small"].append(measured("ours", small))
        console.print("    " + ", ".join(f"{who} {_told(of[-1])}" for who, of in runs.items()))
    answers = {each["answer"] for who in WHO for each in runs[who]}
    if len(answers) != 1:
        raise RuntimeError("the answers differ")
    return _claims(runs)


def _claims(runs: Mapping[str, Runs]) -> list[Claim]:
    def claim(name: str, ours: str, theirs: str, figure: str, goal: float, against: str) -> Claim:
        unit, size = UNITS[figure]
        pairs = zip(runs[ours], runs[theirs], strict=True)
        rounds = [Round(mine[figure] / size, other[figure] / size) for mine, other in pairs]
        return claim_from(rounds, claim=name, unit=unit, goal=goal, against=against, at_most=True)

    same = "the same files and the same answer"
    return [
        claim("seconds of a report, against DuckDB", "ours", "duckdb", "seconds", GOALS["duckdb"], same),
        claim("seconds of a report, against plain Pandas", "ours", "pandas", "seconds", GOALS["pandas"], same),
        claim("peak memory of a report, against plain Pandas", "ours", "pandas", "peak_bytes", GOALS["memory"], same),
        claim("seconds of a report, ten times the rows", "ours", "small", "seconds", GOALS["slower"], "a tenth"),
        claim("memory of a report, ten times the rows", "ours", "small", "peak_bytes", GOALS["larger"], "a tenth"),
    ]


def _told(one: Mapping[str, Any]) -> str:
    return f"{one['seconds']:.2f} s ({one['cpu_seconds']:.2f} s CPU), {one['peak_bytes'] / 1e6:.0f} MB"
