"""The whole life of transfers: held, captured, voided, refunded, split, in batches; each step after the last answer."""

import itertools
import random
import secrets
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from bench.load.book import Entry
from bench.load.job import BATCH, TRANSFERS, Intent, Lives

Life = Generator[Intent, Entry, None]
"""Yields what is asked next and is sent the book's entry about it."""
HOLD_SECONDS = 3_600


@dataclass
class Pen:
    """Writes one person's requests, each with a key of its own. People are indices of the job's list."""

    traffic: Lives
    payer: int
    usernames: Sequence[str]
    rng: random.Random
    run: str = field(default_factory=lambda: secrets.token_hex(8))
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def others(self, count: int) -> list[int]:
        """So many people besides the payer."""
        return self.rng.sample([index for index in range(len(self.usernames)) if index != self.payer], count)

    def pay(self, parts: dict[int, int], **more: Any) -> Intent:
        """Send amounts to people, in one transfer."""
        payees = [{"payee": self.usernames[payee], "amount": amount} for payee, amount in parts.items()]
        to = payees[0] if len(payees) == 1 else {"payees": payees}
        return self._intent(self.payer, TRANSFERS, {**to, "currency": self.traffic.currency, **more})

    def act(self, person: int, act: str, transfer: str | None, amount: int | None = None) -> Intent:
        """Do something about a transfer; without an amount about all of it."""
        body = {} if amount is None else {"amount": amount}
        return self._intent(person, f"{TRANSFERS}/{transfer}/{act}", body)

    def batch(self, payees: Sequence[int], *, atomic: bool) -> Intent:
        """One to each of these people, each under a key of its own."""
        fields = {"amount": 1, "currency": self.traffic.currency}
        items = [{"idempotency_key": self._key(), "payee": self.usernames[payee], **fields} for payee in payees]
        body = {"items": items, "atomic": atomic}
        return Intent(payer=self.payer, key=None, path=BATCH, body=orjson.dumps(body).decode())

    def _intent(self, person: int, path: str, body: dict[str, Any]) -> Intent:
        return Intent(payer=person, key=self._key(), path=path, body=orjson.dumps(body).decode())

    def _key(self) -> str:
        return f"{self.run}-{self.payer}-{next(self.numbers)}"


def captured_and_refunded(pen: Pen) -> Life:
    """A hold, taken whole or in part by either side, then given back whole or in part."""
    (payee,) = pen.others(1)
    hold = yield pen.pay({payee: 9}, hold_seconds=HOLD_SECONDS)
    if hold.outcome != "accepted":
        return
    capture = yield pen.act(pen.rng.choice((pen.payer, payee)), "capture", hold.transfer_id, pen.rng.choice((None, 4)))
    if capture.outcome == "accepted":
        yield pen.act(payee, "refund", hold.transfer_id, pen.rng.choice((None, 2)))


def voided(pen: Pen) -> Life:
    """A hold that either side gives up."""
    (payee,) = pen.others(1)
    hold = yield pen.pay({payee: 9}, hold_seconds=HOLD_SECONDS)
    if hold.outcome == "accepted":
        yield pen.act(pen.rng.choice((pen.payer, payee)), "void", hold.transfer_id)


def split_and_refunded(pen: Pen) -> Life:
    """A payment to two people, each of whom gives their part back."""
    payees = pen.others(2)
    paid = yield pen.pay(dict(zip(payees, (3, 5), strict=True)))
    if paid.outcome == "accepted":
        for payee in payees:
            yield pen.act(payee, "refund", paid.transfer_id)


def in_a_batch(pen: Pen) -> Life:
    """Three payments in one request."""
    yield pen.batch(pen.others(3), atomic=pen.rng.random() < 0.5)


KINDS = (captured_and_refunded, voided, split_and_refunded, in_a_batch)


def lives(traffic: Lives, payer: int, usernames: Sequence[str], seed: int) -> Iterator[Life]:
    """Endless lives of one payer's transfers; the people are at least four."""
    pen = Pen(traffic, payer, usernames, random.Random(f"{seed}-{payer}"))
    while True:
        yield pen.rng.choice(KINDS)(pen)
