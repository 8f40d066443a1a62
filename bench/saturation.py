"""As much as the platform takes: clients who send again as soon as they are answered, everything else at work too."""

from collections.abc import Sequence

from bench.field import CLIENTS
from bench.load.job import Job, Person, Steady
from bench.load.open_job import logged_in
from bench.load.process import LoadRun, Result
from bench.platform import Api
from bench.stacks import Platform


def saturate(platform: Platform, api: Api, people: Sequence[Person], *, seconds: float, seed: int = 1) -> Result:
    """So long; the first CLIENTS of the people pay the others."""
    return carried_out(
        Job(
            auth_url=platform.auth_url,
            transaction_url=platform.transaction_url,
            people=logged_in(api, people[:CLIENTS]),
            clients=CLIENTS,
            traffic=Steady(payees=[person.username for person in people[CLIENTS:]], seconds=seconds),
            book_path=str(platform.directory / "bench-book.jsonl"),
            seed=seed,
        )
    )


def carried_out(job: Job) -> Result:
    """A load from its beginning to its end."""
    load = LoadRun(job)
    try:
        return load.result()
    finally:
        load.stop()
