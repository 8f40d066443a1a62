"""The load generator's process: a job on standard input, progress on standard output, the book in a file.

Standard output carries one JSON object a line: ``{"done": n, "accepted": n}`` four times a second, and the tally
at the end. SIGTERM asks for the end now: what has been sent is waited for.
"""

import asyncio
import gc
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import orjson
import uvloop

from bench.load.book import PAY, Entry, tally, write_book
from bench.load.client import Client, Wallet
from bench.load.job import Intent, Job, Lives, Open, Script, Steady
from bench.load.lives import Life, lives
from bench.load.open_loop import OpenLoop
from bench.load.traffic import scripted, steady


async def run(job: Job) -> None:
    """Carry the job out: clients side by side, each waiting for its answer before it sends again; or an open loop."""
    wallet = Wallet(job.people, job.auth_url, timeout_s=job.timeout_s)
    book: list[Entry] = []
    began = time.time()
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    measured_from, ends_at = _window(job, began)
    reporter = asyncio.create_task(_report_progress(book))

    def is_over(at: float) -> bool:
        return ended.is_set() or at >= ends_at

    await asyncio.gather(*_clients(job, wallet, is_over, book))
    reporter.cancel()
    measured_until = min(ends_at, time.time())
    write_book(Path(job.book_path), book)
    payments = [entry for entry in book if entry.act == PAY]
    figures = tally(payments, measured_from=measured_from, measured_until=measured_until)
    _say({"tally": asdict(figures), "seconds": measured_until - measured_from, "began": began})


def _window(job: Job, began: float) -> tuple[float, float]:
    """The measured time: from when, until when. A script is measured whole."""
    if isinstance(job.traffic, Lives):
        return began, began + job.traffic.seconds
    if isinstance(job.traffic, Steady | Open):
        measured_from = began + job.traffic.warm_up_seconds
        return measured_from, measured_from + job.traffic.seconds
    return began, float("inf")


def _clients(
    job: Job, wallet: Wallet, is_over: Callable[[float], bool], book: list[Entry]
) -> Sequence[Coroutine[None, None, None]]:
    if isinstance(job.traffic, Open):
        return [OpenLoop(job, job.traffic, wallet, book).run(is_over)]
    payers = [number % len(job.people) for number in range(job.clients)]
    if isinstance(job.traffic, Lives):
        usernames = [person.username for person in job.people]
        each = [lives(job.traffic, payer, usernames, job.seed) for payer in payers]
        return [_live(job, wallet, source, is_over, book) for source in each]
    if isinstance(job.traffic, Script):
        sources = [scripted(job.traffic)] * job.clients
    else:
        sources = [steady(job.traffic, payer, job.people[payer].username, job.seed) for payer in payers]
    return [_client(job, wallet, source, _Pace(job, n), is_over, book) for n, source in enumerate(sources)]


class _Pace:
    """When client ``number`` may send next: at once, after a rest, or in its step of a rate that all keep together."""

    def __init__(self, job: Job, number: int) -> None:
        steady = job.traffic if isinstance(job.traffic, Steady) else None
        self._rest = steady.pause_seconds if steady else 0.0
        self._step = job.clients / steady.per_second if steady and steady.per_second else 0.0
        self._due = time.monotonic() + self._step * number / job.clients

    async def wait(self) -> None:
        if self._step:
            await asyncio.sleep(max(0.0, self._due - time.monotonic()))
            self._due += self._step

    async def rest(self) -> None:
        if self._rest:
            await asyncio.sleep(self._rest)


async def _client(
    job: Job,
    wallet: Wallet,
    intents: Iterator[Intent],
    pace: _Pace,
    is_over: Callable[[float], bool],
    book: list[Entry],
) -> None:
    client = Client(wallet, job.transaction_url, timeout_s=job.timeout_s, give_up_s=job.give_up_s)
    for intent in intents:
        await pace.wait()
        book.append(await client.carry_out(intent))
        if is_over(time.time()):
            break
        await pace.rest()
    client.close()


async def _live(
    job: Job, wallet: Wallet, each: Iterator[Life], is_over: Callable[[float], bool], book: list[Entry]
) -> None:
    pause_s = job.traffic.pause_seconds if isinstance(job.traffic, Lives) else 0
    client = Client(wallet, job.transaction_url, timeout_s=job.timeout_s, give_up_s=job.give_up_s)
    for life in each:
        intent: Intent | None = next(life)
        while intent is not None:
            book.append(await client.carry_out(intent))
            intent = _then(life, book[-1])
        if is_over(time.time()):
            break
        await asyncio.sleep(pause_s)
    client.close()


def _then(life: Life, entry: Entry) -> Intent | None:
    try:
        return life.send(entry)
    except StopIteration:
        return None


async def _report_progress(book: list[Entry]) -> None:
    accepted = counted = 0
    while True:
        await asyncio.sleep(0.25)
        fresh, counted = book[counted:], len(book)
        accepted += sum(entry.outcome == "accepted" for entry in fresh)
        _say({"done": counted, "accepted": accepted})


def _say(message: dict[str, object]) -> None:
    sys.stdout.buffer.write(orjson.dumps(message) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    # The book only grows, so collecting cycles would walk it again and again for nothing.
    gc.disable()
    uvloop.run(run(Job.model_validate_json(sys.stdin.buffer.read())))
