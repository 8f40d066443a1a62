"""What other requests take while reports over ten million transfers run, one after the other, against without them."""

import argparse
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
from pydantic import SecretStr
from rich.console import Console

from bench.alone import stopped
from bench.claims import Claim, Round, claim_from
from bench.joined import joined
from bench.lakes import SIZE, made, named
from bench.load.job import Person
from bench.platform import Api
from bench.stacks import Platform, add_stack_arguments, chosen_stack
from bench.steps import p99_ms

PROCESSES = (
    *("mongod", "redis", "kafka", "auth-web", "auth-relay", "transaction-web", "transaction-ledger-1"),
    *("transaction-worker", "analytics-web", "analytics-reporter", "analytics-ingester"),
)
INGESTER = "analytics-ingester"
"""Has made the lake's folder, and stands still from then on."""
ASKED = (("transaction-web", "/v1/accounts"), ("transaction-web", "/v1/transfers"), ("analytics-web", "/v1/live"))
PER_SECOND = 50
"""Enough for a p99 of a round, too few to be a load of their own."""
READERS = 10
PAUSE_SECONDS = 0.05
GOAL = 1.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How much and how long; the defaults take about five minutes, once the lake is made."""
    parser.add_argument("--size", type=int, default=SIZE, help="transfers of the lake")
    parser.add_argument("--rounds", type=int, default=5, help="of each, in turn")
    parser.add_argument("--seconds", type=float, default=8, help="that each path is asked for in a round (default 8)")
    add_stack_arguments(parser, default=".stack-bench")


def run(options: argparse.Namespace) -> list[Claim]:
    """Measure and judge."""
    console = Console()
    lake = made(console, options.size)
    rounds: dict[str, list[Round]] = {path: [] for _, path in ASKED}
    with (
        chosen_stack(options, console, PROCESSES) as platform,
        platform.api() as api,
        stopped(platform, [INGESTER]),
    ):
        _put(platform, lake, console)
        people = _make_people(platform, api)
        for number in range(options.rounds):
            tokens = [api.log_in(one.username, one.password) for one in people]
            for process, path in ASKED:
                ask = _Asking(platform.url(process), path, tokens, options.seconds)
                # Who comes first alternates.
                if number % 2 == 0:
                    idle, beside = ask.p99(), ask.p99_beside(platform, tokens[0], console)
                else:
                    beside, idle = ask.p99_beside(platform, tokens[0], console), ask.p99()
                rounds[path].append(Round(beside, idle))
                console.print(f"    p99 of {path}: {idle:.1f} ms, beside reports {beside:.1f} ms")
    return [
        claim_from(
            of_path,
            claim=f"p99 of GET {path} beside a report",
            unit="ms",
            goal=GOAL,
            against=f"the same without a report; each is per_day over {options.size:,} transfers",
            at_most=True,
        )
        for path, of_path in rounds.items()
    ]


class _Asking:
    """One path, asked for in an even step."""

    def __init__(self, url: str, path: str, tokens: Sequence[str], seconds: float) -> None:
        self._url, self._path, self._tokens, self._seconds = url, path, tokens, seconds

    def p99(self) -> float:
        """In milliseconds."""
        return p99_ms(self._url, self._path, self._tokens, per_second=PER_SECOND, seconds=self._seconds)

    def p99_beside(self, platform: Platform, token: str, console: Console) -> float:
        """The same while reports run. Raises RuntimeError where none was done meanwhile."""
        with reports_running(platform.url("analytics-web"), token) as done:
            p99 = self.p99()
        if not done:
            raise RuntimeError("no report was done while it was asked: nothing is shown")
        console.print(f"      {len(done)} reports meanwhile")
        return p99


@contextmanager
def reports_running(url: str, token: str) -> Iterator[list[str]]:
    """Jobs, the next one as soon as one is done; who they were. Raises what went wrong with them."""
    done, failed, over = [], [], threading.Event()

    def order() -> None:
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as http:
            try:
                while not over.is_set():
                    done.append(_one(http))
            except (httpx.HTTPError, RuntimeError) as error:
                failed.append(error)

    orderer = threading.Thread(target=order, daemon=True)
    orderer.start()
    try:
        yield done
    finally:
        over.set()
        orderer.join()
    for error in failed:
        raise error


def _one(http: httpx.Client) -> str:
    body = {"report": "per_day", "filter": {}}
    answer = http.post("/v1/jobs", json=body, headers={"Idempotency-Key": f"{time.monotonic_ns()}"})
    job = answer.raise_for_status().json()
    while job["state"] in ("queued", "running"):
        time.sleep(PAUSE_SECONDS)
        job = http.get(f"/v1/jobs/{job['id']}").raise_for_status().json()
    if job["state"] != "done":
        raise RuntimeError(f"a report has ended as {job['state']}")
    return str(job["id"])


def _put(platform: Platform, lake: Path, console: Console) -> None:
    """The lake in place of the platform's own, which nobody writes to."""
    console.print("putting the lake in its place, and adding up its files once")
    environment = platform.stack.env("analytics-web")
    place = Path(environment["LAKE_DIRECTORY"])
    shutil.copytree(lake, place, dirs_exist_ok=True)
    named(SecretStr(environment["MONGO_URL"]), place, lake)


def _make_people(platform: Platform, api: Api) -> list[Person]:
    """All may see the whole platform's figures."""
    people = joined(platform, api, [f"bench-beside-{n}" for n in range(READERS)])
    for person in people:
        platform.command_of_auth("grant_role", person.username, "analyst")
    return people
