"""People with several devices each, who pay each other and look at their balances: what each operation was told."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Mapping, Sequence
from itertools import count

import orjson

from bench.load.client import TOKEN_ENDED, Client, Wallet
from bench.load.connection import Connection, NoAnswer
from bench.load.job import Intent, Person
from bench.stacks import Platform
from tests.drills.history_check import NEVER, Payment, Read

DEVICES = 2
TIMEOUT_S, GIVE_UP_S = 10.0, 60.0
HASTY_S = 0.03
"""So long somebody waits who then never asks again: what became of it nobody is told."""
HASTY_SHARE, READ_SHARE = 0.05, 0.5
PAUSE_S = 0.01
LARGE, LARGE_SHARE = 30_000, 0.2
"""In minor units: some payments must be rejected for want of money, and none may need a proof of who pays."""


class Clients:
    """They begin with the construction, in a thread of their own, and end with `stop`."""

    def __init__(self, platform: Platform, people: Sequence[Person], accounts: Mapping[str, str], seed: int) -> None:
        """`accounts`: of each person, by username."""
        self.payments: list[Payment] = []
        self.reads: list[Read] = []
        self._platform = platform
        self._people = people
        self._accounts = accounts
        self._seed = seed
        self._amounts = count(1)
        self._over = threading.Event()
        self._failed: list[Exception] = []
        self._thread = threading.Thread(target=self._run, name="history clients", daemon=True)
        self._thread.start()

    @property
    def accepted(self) -> int:
        """Payments, by now."""
        return sum(payment.completed < NEVER and payment.code is None for payment in list(self.payments))

    def stop(self) -> None:
        """Wait until all have been told what became of their last operation; raises what one of them failed with."""
        self._over.set()
        self._thread.join()
        for error in self._failed:
            raise error

    def _run(self) -> None:
        try:
            asyncio.run(self._all())
        except Exception as error:  # noqa: BLE001 - raised by `stop`, in the drill's own thread
            self._failed.append(error)

    async def _all(self) -> None:
        wallet = Wallet(self._people, self._platform.auth_url, timeout_s=TIMEOUT_S)
        places = [(index, device) for index in range(len(self._people)) for device in range(DEVICES)]
        await asyncio.gather(*[self._device(wallet, index, device) for index, device in places])

    async def _device(self, wallet: Wallet, index: int, device: int) -> None:
        url = self._platform.transaction_url
        chance = random.Random(f"{self._seed}-{index}-{device}")
        patient = Client(wallet, url, timeout_s=TIMEOUT_S, give_up_s=GIVE_UP_S)
        hasty = Client(wallet, url, timeout_s=HASTY_S, give_up_s=HASTY_S)
        looking = Connection(url, timeout_s=TIMEOUT_S)
        while not self._over.is_set():
            if chance.random() < READ_SHARE:
                await self._read(wallet, looking, index)
            else:
                await self._pay(hasty if chance.random() < HASTY_SHARE else patient, index, chance)
            await asyncio.sleep(chance.random() * 2 * PAUSE_S)
        for each in (patient, hasty, looking):
            each.close()

    async def _pay(self, client: Client, index: int, chance: random.Random) -> None:
        others = [person.username for person in self._people if person is not self._people[index]]
        payee, large = chance.choice(others), chance.random() < LARGE_SHARE
        # Even ones and odd ones: no amount comes twice.
        amount = 2 * next(self._amounts) + (LARGE + 1 if large else 0)
        body = {"payee": payee, "amount": amount, "currency": "EUR"}
        key = f"history-{self._seed}-{time.time_ns()}-{amount}"
        invoked = time.monotonic()
        entry = await client.carry_out(Intent(payer=index, key=key, body=orjson.dumps(body).decode()))
        completed = NEVER if entry.outcome == "unsettled" else time.monotonic()
        if entry.outcome != "refused":  # it consumed no key, and left no trace
            payer = self._accounts[self._people[index].username]
            told = (entry.position, entry.code) if completed < NEVER else (None, None)
            self.payments.append(Payment(payer, self._accounts[payee], amount, invoked, completed, *told))

    async def _read(self, wallet: Wallet, looking: Connection, index: int) -> None:
        headers, invoked = wallet.headers(index), time.monotonic()
        try:
            answer = await looking.request(b"GET", b"/v1/accounts", headers)
        except NoAnswer:
            return
        completed = time.monotonic()
        if answer.status == 401 and answer.code() in TOKEN_ENDED:
            await wallet.renew(index, ended=headers)
        elif answer.status == 200:
            found = answer.json()["accounts"]
            self.reads += [Read(account["id"], account["posted"], invoked, completed) for account in found]
