"""Questions in an even step, so that a slow answer doesn't make them fewer: how long they took."""

import asyncio
import time
from collections.abc import Sequence

from bench.load.book import quantile
from bench.load.connection import Connection
from bench.load.people import bearer

TIMEOUT_S = 10.0


def p99_ms(url: str, path: str, tokens: Sequence[str], *, per_second: float, seconds: float) -> float:
    """The p99 of asking for ``path`` with each token in turn; all together ask ``per_second``.

    Raises RuntimeError when something else than 200 is answered.
    """
    return asyncio.run(_p99_ms(url, path.encode(), tokens, per_second, seconds))


async def _p99_ms(url: str, path: bytes, tokens: Sequence[str], per_second: float, seconds: float) -> float:
    step = len(tokens) / per_second
    each = await asyncio.gather(
        *[_asks(url, path, token, number * step / len(tokens), step, seconds) for number, token in enumerate(tokens)]
    )
    return quantile(sorted(took for one in each for took in one), 0.99) * 1000


async def _asks(url: str, path: bytes, token: str, delay: float, step: float, seconds: float) -> list[float]:
    connection, took = Connection(url, timeout_s=TIMEOUT_S), []
    due = time.monotonic() + delay
    ends_at = due + seconds
    while due < ends_at:
        await asyncio.sleep(due - time.monotonic())
        answer = await connection.request(b"GET", path, bearer(token))
        if answer.status != 200:
            raise RuntimeError(f"{path.decode()} was answered {answer.status} {answer.code()}")
        took.append(time.monotonic() - due)
        due += step
    connection.close()
    return took
