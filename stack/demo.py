"""`make demo`, once the stack is up: people sign up and send money through the public API, then comes the proof.

Run again on a stack with a history it logs the same people in and proves the new run.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from bench.load.book import Entry
from bench.load.demo_script import demo_script
from bench.load.job import Job, Lives, Person, Script
from bench.load.people import Doors, NotAnswered, prepare
from bench.load.process import LoadFailed, LoadRun
from bench.platform import Api, PlatformAway
from bench.stacks import Platform
from stack.errors import StackError
from stack.evidence import read_back
from stack.proof import prove
from stack.proof_table import print_proof, write_proof
from stack.status import print_urls

PEOPLE = 50
ORDINARY_TRANSFERS = 2_000
CLIENTS = 16
LIVES_SECONDS = 3.0
LIVES_PAUSE_SECONDS = 0.1


def demo_usernames() -> list[str]:
    """demo-001 and so on; the first is the login that the landing page shows in development.

    It is an analyst too, so that whoever logs in with it sees the platform's figures and everybody's journeys.
    """
    return [f"demo-{number:03}" for number in range(1, PEOPLE + 1)]


def run_demo(console: Console, platform: Platform) -> int:
    """Sign up, send, read everything back, prove it. Returns the exit code: 0 when all agrees, else 1."""
    began = time.monotonic()
    with platform.api() as api, _progress(console) as progress:
        people = _sign_up(progress, platform, api)
        platform.command_of_auth("grant_role", people[0].username, "analyst")
        began_at = api.summary().head
        book = _send(progress, platform, people)
        evidence = read_back(progress, platform, api, people, began_at)
    proof = prove(book, evidence, time.monotonic() - began)
    write_proof(platform.directory / "proof.json", proof)
    print_proof(console, proof)
    _print_second_opinion(console, platform)
    _print_doors(console, platform)
    return 0 if proof.agrees else 1


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description:<34}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


def _sign_up(progress: Progress, platform: Platform, api: Api) -> list[Person]:
    people = [Person(username=name, password=platform.demo_password) for name in demo_usernames()]
    task = progress.add_task("people sign up and log in", total=len(people))
    doors = Doors(platform.auth_url, platform.transaction_url, "demo", api.service_token())
    return asyncio.run(prepare(people, doors, each_done=lambda: progress.advance(task)))


def _send(progress: Progress, platform: Platform, people: Sequence[Person]) -> list[Entry]:
    """Single requests, then whole lives of transfers: held, captured, voided, refunded, in batches."""
    usernames = [person.username for person in people]
    script = demo_script(usernames, ordinary=ORDINARY_TRANSFERS, seed=time.time_ns(), now=datetime.now(UTC))
    lives = Lives(seconds=LIVES_SECONDS, pause_seconds=LIVES_PAUSE_SECONDS)
    single = progress.add_task(f"{CLIENTS} clients send transfers", total=len(script.intents))
    whole = progress.add_task("and live with them to their end", total=None)
    return _run(progress, single, platform, people, script) + _run(progress, whole, platform, people, lives)


def _run(
    progress: Progress, task: TaskID, platform: Platform, people: Sequence[Person], traffic: Script | Lives
) -> list[Entry]:
    job = Job(
        auth_url=platform.auth_url,
        transaction_url=platform.transaction_url,
        people=list(people),
        clients=CLIENTS,
        traffic=traffic,
        book_path=str(platform.directory / f"demo-{traffic.kind}.jsonl"),
        seed=time.time_ns(),
    )
    run = LoadRun(job)
    try:
        for now in run.progress():
            progress.update(task, completed=now.done)
        book = run.result().book
        progress.update(task, completed=len(book), total=len(book))
        return book
    finally:
        run.stop()


def _print_second_opinion(console: Console, platform: Platform) -> None:
    """What monitoring's own audit and reconciliation say. No part of the proof: they run by their own clock."""
    try:
        with platform.api() as api:
            claims = [claim for claim in api.verdict()["claims"] if claim["promise"] == "correctness"]
        said = ", ".join(f"{claim['title']}: {claim['figure']} ({claim['detail']})" for claim in claims)
    except PlatformAway as away:
        said = f"no answer: {away}"
    console.print(f"Monitoring's own view: {said}", highlight=False, markup=False)


def _print_doors(console: Console, platform: Platform) -> None:
    """Where to look, and as whom."""
    print_urls(console, platform.stack)
    console.print(f"Log in as {demo_usernames()[0]} with the password {platform.demo_password}", highlight=False)


def main() -> int:
    """The demo on the stack of STACK_DIR, which must be up."""
    console = Console()
    try:
        return run_demo(console, Platform.of())
    except (StackError, PlatformAway, NotAnswered, LoadFailed) as error:
        console.print(f"demo: {error}", style="red", highlight=False, markup=False)
        return 1


if __name__ == "__main__":
    sys.exit(main())
