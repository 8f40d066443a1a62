"""The open loop's job on a platform that runs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.load.job import Doors, Job, Open, Person
from bench.platform import Api
from bench.stacks import DEMO_CLIENT, Platform


def logged_in(api: Api, people: Sequence[Person]) -> list[Person]:
    """The same people with fresh tokens: if all of theirs ended within a run, logging in would be a load of its own."""
    return [person.model_copy(update={"token": api.log_in(person.username, person.password)}) for person in people]


def open_job(
    platform: Platform,
    people: Sequence[Person],
    book_path: Path,
    *,
    seed: int = 1,
    timeout_s: float = 10,
    **traffic: Any,
) -> Job:
    """What the generator is asked to do. ``traffic``: fields of Open, without the doors."""
    doors = Doors(
        notification_url=platform.url("notification-web"),
        analytics_url=platform.url("analytics-web"),
        client_id=DEMO_CLIENT,
        client_secret=platform.stack.secret(f"client-{DEMO_CLIENT}"),
    )
    return Job(
        auth_url=platform.auth_url,
        transaction_url=platform.transaction_url,
        people=list(people),
        traffic=Open(doors=doors, **traffic),
        book_path=str(book_path),
        timeout_s=timeout_s,
        seed=seed,
    )
