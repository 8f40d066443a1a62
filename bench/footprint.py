"""How long each process takes to start, and how much memory it takes, idle and after a load."""

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx
from rich.console import Console

from bench.alone import STOP_SECONDS
from bench.claims import Claim, Findings, Listing, Round, claim_from
from bench.joined import joined
from bench.load.open_job import open_job
from bench.load.visits import MIX
from bench.platform import Api
from bench.saturation import carried_out
from bench.stacks import Platform, add_stack_arguments, chosen_stack
from stack.compose.services import MEMORY_MB, USUAL_MEMORY_MB
from stack.supervision import Supervisor
from stack.system_processes import members

START_SECONDS, GIVE_UP_SECONDS, LOOK_SECONDS = 10.0, 120.0, 0.05
LIMIT_SHARE = 0.8
"""Of what docker-compose.yml allows a container: above that, a busier day would end the process."""
MACHINE_MB, MACHINE_SHARE = 8_000.0, 0.75
"""docs/operations.md: one machine of 8 GB runs the platform, and the page cache needs some of it too."""
Seconds = Mapping[str, float]
Megabytes = Mapping[str, float]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The length of the run; the defaults take about eight minutes."""
    parser.add_argument("--rounds", type=int, default=3, help="starts of each process (default 3)")
    parser.add_argument("--seconds", type=float, default=60, help="of the load (default 60)")
    parser.add_argument("--per-second", type=float, default=100, help="requests of the load (default 100)")
    parser.add_argument("--people", type=int, default=50, help="who come (default 50)")
    add_stack_arguments(parser, default=".stack-bench")


def run(options: argparse.Namespace) -> Findings:
    """Start each anew, look at the memory, load, look again."""
    console = Console()
    with chosen_stack(options, console) as platform, platform.api() as api:
        names = [process.name for process in platform.stack.processes if process.kind == "service"]
        starts = []
        for number in range(options.rounds):
            starts.append({name: seconds_to_start(platform, name) for name in names})
            slowest = max(names, key=starts[-1].__getitem__)
            console.print(f"  round {number + 1}: {slowest} was the slowest, ready after {starts[-1][slowest]:.1f} s")
        idle = memory_mb(platform.directory)
        _load(platform, api, options)
        loaded = memory_mb(platform.directory)
    console.print(f"  all processes: {sum(idle.values()):,.0f} MB idle, {sum(loaded.values()):,.0f} MB after the load")
    return Findings(claims(starts, loaded), listing(starts, idle, loaded))


def seconds_to_start(platform: Platform, name: str) -> float:
    """From the order to start it until it says that it is ready. Raises RuntimeError when it doesn't."""
    supervisor, url = Supervisor(platform.stack.layout), f"{platform.url(name)}/readyz"
    supervisor.stop_process(name)
    supervisor.wait_until_stopped([name], STOP_SECONDS)
    began = time.monotonic()
    supervisor.start_process(name)
    while not _is_ready(url):
        if time.monotonic() - began > GIVE_UP_SECONDS:
            raise RuntimeError(f"{name} was not ready within {GIVE_UP_SECONDS:.0f} s")
        time.sleep(LOOK_SECONDS)
    return time.monotonic() - began


def memory_mb(directory: Path) -> Megabytes:
    """Of each process of a stack with its children: resident, with its share of what several have in common (PSS)."""
    found: Counter[str] = Counter()
    for member in members(directory):
        found[member.name] += _proportional_kb(member.pid)
    return {name: kilobytes / 1000 for name, kilobytes in found.items()}


def claims(starts: Sequence[Seconds], loaded: Megabytes) -> list[Claim]:
    """What was found; of starts the slowest process of each round, of memory the one that is nearest to its limit."""
    fullest = max(starts[0], key=lambda name: loaded[name] / limit_mb(name))
    return [
        claim_from(
            [Round(max(of.values()), START_SECONDS) for of in starts],
            claim="seconds until the slowest process is ready",
            unit="s",
            goal=1,
            against="ten seconds",
            at_most=True,
        ),
        claim_from(
            [Round(loaded[fullest], limit_mb(fullest))],
            claim="memory of the process that is nearest to its container's limit",
            unit="MB",
            goal=LIMIT_SHARE,
            against="that limit",
            at_most=True,
        ),
        claim_from(
            [Round(sum(loaded.values()), MACHINE_MB)],
            claim="memory of all processes, servers too",
            unit="MB",
            goal=MACHINE_SHARE,
            against="8 GB",
            at_most=True,
        ),
    ]


def listing(starts: Sequence[Seconds], idle: Megabytes, loaded: Megabytes) -> Listing:
    """Each process; of a server, which was not started anew, the memory alone."""
    rows = []
    for name in sorted(loaded):
        own = name in starts[0]
        took = f"{statistics.median(of[name] for of in starts):.1f} s" if own else ""
        limit = f"{limit_mb(name)} MB" if own else ""
        rows.append([f"`{name}`", took, f"{idle.get(name, 0):,.0f} MB", f"{loaded[name]:,.0f} MB", limit])
    return Listing(["process", "ready after", "idle", "after the load", "limit of its container"], rows)


def limit_mb(name: str) -> int:
    return MEMORY_MB.get(name, USUAL_MEMORY_MB)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def _proportional_kb(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0  # it ended meanwhile
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _load(platform: Platform, api: Api, options: argparse.Namespace) -> None:
    """People who do everything that people do."""
    job = open_job(
        platform,
        joined(platform, api, [f"bench-load-{n:03}" for n in range(options.people)]),
        platform.directory / "bench-book.jsonl",
        per_second=options.per_second,
        seconds=options.seconds,
        mix=MIX,
    )
    carried_out(job)
