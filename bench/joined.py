"""People who are there before anything is measured or broken."""

import asyncio
from collections.abc import Callable, Iterable

from bench.load.job import Person
from bench.load.people import Doors, prepare
from bench.platform import Api
from bench.stacks import DEMO_CLIENT, Platform


def joined(
    platform: Platform, api: Api, usernames: Iterable[str], each_done: Callable[[], object] = lambda: None
) -> list[Person]:
    """Signed up if need be, logged in, their accounts open."""
    named = [Person(username=username, password=platform.demo_password) for username in usernames]
    doors = Doors(platform.auth_url, platform.transaction_url, DEMO_CLIENT, api.service_token())
    return asyncio.run(prepare(named, doors, each_done=each_done))
