"""From how many rows on Dask is quicker than Pandas alone: what PANDAS_ROWS_MAX is set by."""

import argparse
import statistics

from rich.console import Console

from analytics_service.engine import PANDAS_ROWS_MAX
from bench.claims import Claim, Round, claim_from
from bench.lakes import SIZE, made
from bench.report_runs import measured

SHARES = (0.25, 0.5, 1, 2, 4, 8, 16)
"""Of PANDAS_ROWS_MAX, that are read."""
NOT_SLOWER = 1.25
"""Below and above the threshold the engine that is chosen takes at most so much of the other one's time."""
REPORTS = ("per_day", "accounts")
"""One whose legs are added up as files are read, and one whose aren't."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How much, how often; the lake is made by `python -m sample` where there is none."""
    parser.add_argument("--size", type=int, default=SIZE, help="transfers of the lake that is read in parts")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each, in turn")


def run(options: argparse.Namespace) -> list[Claim]:
    """Measure and judge."""
    console = Console()
    lake = made(console, options.size)
    claims = []
    for report in REPORTS:
        for rows in (int(share * PANDAS_ROWS_MAX) for share in SHARES):
            rounds = []
            for number in range(options.rounds):
                turns = ("ours", "alone") if number % 2 == 0 else ("alone", "ours")
                took = {who: measured(who, lake, report, rows)["seconds"] for who in turns}
                rounds.append(Round(took["ours"], took["alone"]))
            dask, alone = (statistics.median(getattr(one, side) for one in rounds) for side in ("ours", "theirs"))
            console.print(f"    {report:9} {rows:10,} rows   Dask {dask:.2f} s   Pandas alone {alone:.2f} s")
            by = "Dask" if rows > PANDAS_ROWS_MAX else "Pandas alone"
            chosen = rounds if rows > PANDAS_ROWS_MAX else [Round(one.theirs, one.ours) for one in rounds]
            name = f"seconds of {report} by {by}, {rows:,} rows"
            claims.append(
                claim_from(chosen, claim=name, unit="s", goal=NOT_SLOWER, against="the other engine", at_most=True)
            )
    return claims
