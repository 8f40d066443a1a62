"""The demo's requests: ordinary transfers, repeated, split, held and later ones, some that no ledger may accept."""

import json
import random
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bench.load.job import Intent, Script

CURRENCY = "EUR"
MORE_THAN_ANYBODY_HAS = 10_000_000_000
HOLD_SECONDS = 60
EXECUTED_AFTER = timedelta(seconds=3)


def demo_script(usernames: Sequence[str], *, ordinary: int, seed: int, now: datetime) -> Script:
    """A shuffled script: ``ordinary`` transfers (each twentieth sent twice more by the same key), and to every hundred
    of them nine that are split, held or to be decided a moment after ``now``, three that are decided against and three
    that are malformed."""
    rng = random.Random(seed)
    run = secrets.token_hex(6)
    intents = [_ordinary(rng, usernames, f"{run}-{number}", 2 * (number % 20 == 0)) for number in range(ordinary)]
    for number in range(ordinary * 9 // 100):
        intents.append(_of_another_kind(rng, usernames, f"{run}-other-{number}", number, now))
    for number in range(ordinary * 3 // 100):
        payer = rng.randrange(len(usernames))
        intents.append(_decided_against(number, payer, usernames, f"{run}-no-{number}"))
        intents.append(_malformed(number, payer, usernames, f"{run}-bad-{number}"))
    rng.shuffle(intents)
    return Script(intents=intents)


def _ordinary(rng: random.Random, usernames: Sequence[str], key: str, repeats: int) -> Intent:
    payer = rng.randrange(len(usernames))
    payee = rng.choice([name for index, name in enumerate(usernames) if index != payer])
    return Intent(payer=payer, key=key, body=_body(payee, amount=rng.randint(1, 500)), repeats=repeats)


def _of_another_kind(rng: random.Random, usernames: Sequence[str], key: str, number: int, now: datetime) -> Intent:
    payer, *payees = rng.sample(range(len(usernames)), 4)
    parts = [{"payee": usernames[payee], "amount": rng.randint(1, 200)} for payee in payees]
    soon = (now + EXECUTED_AFTER).isoformat(timespec="milliseconds")
    kinds: list[dict[str, Any]] = [
        {"payees": parts},
        {**parts[0], "hold_seconds": HOLD_SECONDS},
        {**parts[0], "execute_at": soon},
    ]
    body = json.dumps({**kinds[number % len(kinds)], "currency": CURRENCY})
    return Intent(payer=payer, key=key, body=body, repeats=number % 2)


def _decided_against(number: int, payer: int, usernames: Sequence[str], key: str) -> Intent:
    payee = usernames[payer - 1]
    bodies = [
        _body(payee, amount=MORE_THAN_ANYBODY_HAS),
        _body(f"nobody-{secrets.token_hex(4)}"),
        _body(usernames[payer]),
        _body(payee, currency="USD"),
    ]
    return Intent(payer=payer, key=key, body=bodies[number % len(bodies)], repeats=number % 2)


def _malformed(number: int, payer: int, usernames: Sequence[str], key: str) -> Intent:
    payee = usernames[payer - 1]
    bodies = [
        _body(payee)[:-1],
        _body(payee, amount=-1),
        _body(payee, amount=0),
        _body(payee, amount=12.5),
        _body(payee, amount=float("nan")),
        _body(payee, amount="12"),
        _body(payee, amount=10**30),
        _body(payee, currency="euro"),
        _body(payee, colour="blue"),
        _body({"$gt": ""}),
        "[]",
        "",
    ]
    without_key = Intent(payer=payer, key=None, body=_body(payee))
    kinds = [*(Intent(payer=payer, key=key, body=body) for body in bodies), without_key]
    return kinds[number % len(kinds)]


def _body(payee: object, **changed: Any) -> str:
    return json.dumps({"payee": payee, "amount": 1, "currency": CURRENCY} | changed)
