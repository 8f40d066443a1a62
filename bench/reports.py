"""The report by day over ten million transfers: against DuckDB, plain Pandas, and a tenth of the rows."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.claims import Claim, Round, claim_from, conclude
from bench.lakes import SIZE, made
from bench.report_runs import measured
from stack.layout import ROOT

RESULT = ROOT / ".stack" / "bench" / "reports.json"
WHO = ("ours", "pandas", "duckdb")
GOALS = {"duckdb": 1.8, "pandas": 0.7, "memory": 0.5, "time of ten times": 11.0, "memory of ten times": 1.5}

Runs = list[Mapping[str, Any]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How much, how often, and where the files are; they are made by `python -m sample` where there are none."""
    parser.add_argument("--size", type=int, default=SIZE, help="transfers of the large lake")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each, in turn")
    parser.add_argument("--lakes", type=Path, nargs=2, metavar=("SMALL", "LARGE"), help="folders with a lake's files")


def run(options: argparse.Namespace) -> int:
    """Measure, print, write the claims; 0 when all hold."""
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
        console.print("[red]the answers differ[/]")
        return 1
    return conclude(console, RESULT, _claims(runs))


def _claims(runs: Mapping[str, Runs]) -> list[Claim]:
    def claim(name: str, ours: str, theirs: str, figure: str, goal: float, against: str) -> Claim:
        pairs = zip(runs[ours], runs[theirs], strict=True)
        rounds = [Round(mine[figure], other[figure]) for mine, other in pairs]
        return claim_from(rounds, claim=name, goal=goal, against=against, at_most=True)

    same = "the same files and the same answer"
    return [
        claim("seconds, against DuckDB", "ours", "duckdb", "seconds", GOALS["duckdb"], same),
        claim("seconds, against plain Pandas", "ours", "pandas", "seconds", GOALS["pandas"], same),
        claim("peak memory, against plain Pandas", "ours", "pandas", "peak_bytes", GOALS["memory"], same),
        claim("seconds of ten times the rows", "ours", "small", "seconds", GOALS["time of ten times"], "a tenth"),
        claim("memory of ten times the rows", "ours", "small", "peak_bytes", GOALS["memory of ten times"], "a tenth"),
    ]


def _told(one: Mapping[str, Any]) -> str:
    return f"{one['seconds']:.2f} s ({one['cpu_seconds']:.2f} s CPU), {one['peak_bytes'] / 1e6:.0f} MB"
