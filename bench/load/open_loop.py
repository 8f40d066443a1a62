"""An open loop: visits begin at times that were drawn beforehand, however slow the answers to others are.

A closed loop sends less when the service is slow, and so leaves out of its figures what people would have waited then:
coordinated omission (Gil Tene, "How NOT to Measure Latency"; https://github.com/giltene/wrk2 corrects it so too). Here
the first request of a visit is due when the visit begins, each other one when its person has thought about the answer
before, and what is measured begins when a request is due, whether it could be sent then or not. So arrivals are open
and a person is not: "partly open" in Schroeder, Wierman, Harchol-Balter, "Open Versus Closed" (NSDI 2006).
"""

import asyncio
import random
import secrets
import time
from collections import defaultdict
from collections.abc import Callable

import orjson

from bench.load.arrivals import arrivals, payee_choice
from bench.load.book import PAY, Entry
from bench.load.client import Client, Wallet
from bench.load.connection import Connection
from bench.load.job import Intent, Job, Open, Person
from bench.load.people import NotAnswered, log_in, service_token, sign_up
from bench.load.visits import LOOKS, VISITS, Act, requests_a_visit

AT_ONCE = 2_000
"""Connections to one service. Who comes when all are taken waits, and that counts."""
TOKEN_SECONDS = 200.0
"""For which a service client's token is used again; it is good for five minutes."""


class OpenLoop:
    """One run. Every request gets its entry in the book."""

    def __init__(self, job: Job, traffic: Open, wallet: Wallet, book: list[Entry]) -> None:
        self._job, self._traffic, self._wallet, self._book = job, traffic, wallet, book
        self._rng = random.Random(job.seed)
        usernames = [person.username for person in job.people]
        self._payee = payee_choice(traffic, usernames, self._rng)
        self._clients: dict[str, list[Client]] = defaultdict(list)
        self._room: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(AT_ONCE))
        self._run, self._numbers = secrets.token_hex(6), iter(range(10**9))
        self._newcomers = _Newcomers(job, traffic)

    async def run(self, is_over: Callable[[float], bool]) -> None:
        """Until the time is over and everybody who came has gone."""
        per_second = self._traffic.per_second / requests_a_visit(self._traffic.mix)
        names, shares = list(self._traffic.mix), list(self._traffic.mix.values())
        began = time.time()
        async with asyncio.TaskGroup() as visits:
            for offset in arrivals(self._traffic.arrivals, per_second, self._rng):
                due = began + offset
                await asyncio.sleep(max(0.0, due - time.time()))
                # By when they were due: a generator that is late must not leave out who came meanwhile.
                if is_over(due):
                    break
                (name,) = self._rng.choices(names, shares)
                visits.create_task(self._visit(VISITS[name], self._rng.randrange(len(self._job.people)), due))
        for client in (client for idle in self._clients.values() for client in idle):
            client.close()

    async def _visit(self, acts: tuple[Act, ...], person: int, due: float) -> None:
        """Who gets no decision leaves."""
        for act in acts:
            if act == "sign_up":
                person, entry = await self._joins(due)
            else:
                entry = await self._does(act, person, due)
            entry.act, entry.due_at = act, due
            self._book.append(entry)
            if entry.outcome == "unsettled":
                return
            due = time.time() + self._thinks()
            await asyncio.sleep(due - time.time())

    def _thinks(self) -> float:
        mean = self._traffic.think_seconds
        return self._rng.expovariate(1 / mean) if mean else 0.0

    async def _does(self, act: Act, person: int, due: float) -> Entry:
        if act == "log_in":
            return await self._logs_in(person, due)
        url, intent = self._intent(act, person)
        async with self._room[url]:
            idle = self._clients[url]
            client = idle.pop() if idle else self._client(url)
            try:
                return await client.carry_out(intent)
            except NotAnswered as error:
                return _unsettled(self._wallet.username(person), due, error)
            finally:
                idle.append(client)

    def _client(self, url: str) -> Client:
        return Client(self._wallet, url, timeout_s=self._job.timeout_s, give_up_s=self._job.give_up_s)

    def _intent(self, act: Act, person: int) -> tuple[str, Intent]:
        doors, transaction_url = self._traffic.doors, self._job.transaction_url
        if act == PAY:
            payee = self._payee(self._wallet.username(person))
            body = {"payee": payee, "amount": self._traffic.amount, "currency": self._traffic.currency}
            key = f"{self._run}-{next(self._numbers)}"
            return transaction_url, Intent(payer=person, key=key, body=orjson.dumps(body).decode())
        url = {"inbox": doors.notification_url, "report": doors.analytics_url}.get(act, transaction_url)
        return url, Intent(payer=person, key=None, body="", path=LOOKS[act], method="GET")

    async def _logs_in(self, person: int, due: float) -> Entry:
        entry = Entry(key=None, payer=self._wallet.username(person), sent_at=time.time(), attempts=1)
        connection = Connection(self._job.auth_url, timeout_s=self._job.timeout_s)
        try:
            self._wallet.put(person, await log_in(connection, self._wallet.person(person)))
        except NotAnswered as error:
            return _unsettled(entry.payer, due, error)
        finally:
            connection.close()
        entry.outcome, entry.decided_at = "accepted", time.time()
        return entry

    async def _joins(self, due: float) -> tuple[int, Entry]:
        newcomer = Person(username=f"load-{self._run}-{next(self._numbers)}", password=secrets.token_urlsafe(18))
        entry = Entry(key=None, payer=newcomer.username, sent_at=time.time(), attempts=1)
        try:
            await self._newcomers.sign_up(newcomer)
        except NotAnswered as error:
            return -1, _unsettled(newcomer.username, due, error)
        entry.outcome, entry.decided_at = "accepted", time.time()
        return self._wallet.add(newcomer), entry


def _unsettled(username: str, due: float, error: NotAnswered) -> Entry:
    return Entry(key=None, payer=username, sent_at=due, decided_at=time.time(), code=str(error)[:200])


class _Newcomers:
    """Signs people up, as people of the demo: the platform lets only a service client say so."""

    def __init__(self, job: Job, traffic: Open) -> None:
        self._auth_url, self._timeout_s, self._doors = job.auth_url, job.timeout_s, traffic.doors
        self._token, self._renewed_at = "", 0.0
        self._lock = asyncio.Lock()

    async def sign_up(self, newcomer: Person) -> None:
        """Raises NotAnswered."""
        connection = Connection(self._auth_url, timeout_s=self._timeout_s)
        try:
            async with self._lock:
                if time.monotonic() - self._renewed_at > TOKEN_SECONDS or not self._token:
                    doors = self._doors
                    self._token = await service_token(connection, doors.client_id, doors.client_secret)
                    self._renewed_at = time.monotonic()
            await sign_up(connection, newcomer, "demo", self._token)
        finally:
            connection.close()
