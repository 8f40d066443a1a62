"""Log-ins as an attacker sends them: by names that are known and names that aren't, and by the hundred a second."""

import asyncio
import itertools
import multiprocessing
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import orjson

from bench.load.book import quantile
from bench.load.connection import Connection, NoAnswer
from bench.load.job import Person
from bench.load.people import FORM, JSON, bearer, sign_up

TIMEOUT_S = 30.0
FLOOD_CONNECTIONS = 64
PROBES_PER_SECOND = 20
"""Of each endpoint: enough for a p99 of a round, too few to be a load of their own."""
_addresses = itertools.count(1)


def known_people(url: str, count: int, origin_token: str) -> list[str]:
    """Names of people who have just signed up."""
    names = unknown_names(count)
    for name in names:
        sign_up_one(url, name, uuid.uuid4().hex, origin_token)
    return names


def unknown_names(count: int) -> list[str]:
    """Names that nobody has."""
    return [f"bench-{uuid.uuid4().hex[:12]}" for _ in range(count)]


def sign_up_one(url: str, name: str, password: str, origin_token: str) -> None:
    """Harmless where they have been for some time."""

    async def one() -> None:
        connection = Connection(url, timeout_s=TIMEOUT_S)
        await sign_up(connection, Person(username=name, password=password), "demo", origin_token)
        connection.close()

    asyncio.run(one())


def refusal_times(url: str, names: Sequence[str]) -> list[float]:
    """Milliseconds until a wrong password is refused, for each name in turn."""

    async def each() -> list[float]:
        connection, took = Connection(url, timeout_s=TIMEOUT_S), []
        for name in names:
            began = time.perf_counter()
            answer = await connection.request(b"POST", b"/v1/login", _headers(), _wrong(name))
            took.append((time.perf_counter() - began) * 1000)
            if answer.status != 401:
                raise RuntimeError(f"a wrong password was answered {answer.status} {answer.code()}")
        connection.close()
        return took

    return asyncio.run(each())


@contextmanager
def flood(url: str, per_second: int, seconds: float) -> Iterator[None]:
    """Wrong log-ins at an even rate, whatever is answered, from a process of their own."""
    process = multiprocessing.get_context("spawn").Process(target=_flood, args=(url, per_second, seconds), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


def p99_of_others(url: str, person_token: str, service_token: str, seconds: float) -> dict[str, float]:
    """Milliseconds, of endpoints of auth's that are no log-in, each asked in an even step."""
    introspection = b"token=" + person_token.encode()
    asked: dict[str, Callable[[Connection], Awaitable[Any]]] = {
        "who am I": lambda c: c.request(b"GET", b"/v1/me", bearer(person_token)),
        "introspection": lambda c: c.request(b"POST", b"/v1/introspect", bearer(service_token) + FORM, introspection),
        "public keys": lambda c: c.request(b"GET", b"/.well-known/jwks.json"),
    }

    async def all_of_them() -> dict[str, float]:
        took = await asyncio.gather(*[_probe(url, ask, seconds) for ask in asked.values()])
        return {name: quantile(sorted(each), 0.99) * 1000 for name, each in zip(asked, took, strict=True)}

    return asyncio.run(all_of_them())


async def _probe(url: str, ask: Callable[[Connection], Awaitable[Any]], seconds: float) -> list[float]:
    connection, took = Connection(url, timeout_s=TIMEOUT_S), []
    due = time.monotonic()
    ends_at = due + seconds
    while due < ends_at:
        await asyncio.sleep(due - time.monotonic())
        answer = await ask(connection)
        if answer.status != 200:
            raise RuntimeError(f"a probe was answered {answer.status} {answer.code()}")
        took.append(time.monotonic() - due)
        due += 1 / PROBES_PER_SECOND
    connection.close()
    return took


def _flood(url: str, per_second: int, seconds: float) -> None:
    async def all_of_them() -> None:
        step = FLOOD_CONNECTIONS / per_second
        delays = (number / per_second for number in range(FLOOD_CONNECTIONS))
        await asyncio.gather(*[_attacker(url, delay, step, seconds) for delay in delays])

    asyncio.run(all_of_them())


async def _attacker(url: str, delay: float, step: float, seconds: float) -> None:
    connection, due = Connection(url, timeout_s=TIMEOUT_S), time.monotonic() + delay
    ends_at = due + seconds
    while due < ends_at:
        await asyncio.sleep(due - time.monotonic())
        with suppress(NoAnswer):  # an attacker takes no offence
            await connection.request(b"POST", b"/v1/login", _headers(), _wrong(f"nobody-{uuid.uuid4().hex[:12]}"))
        due += step


def _headers() -> bytes:
    """Each from an address of its own, as from a botnet: the stack trusts the loopback as its proxy."""
    number = next(_addresses) + time.time_ns() % 60_000
    return JSON + b"X-Forwarded-For: 10.%d.%d.%d\r\n" % (number >> 16 & 255, number >> 8 & 255, number & 255)


def _wrong(name: str) -> bytes:
    return orjson.dumps({"username": name, "password": uuid.uuid4().hex})
