"""Which transfer a client sends next: from a script, or the same small one with a payee by choice."""

import random
import secrets
from collections.abc import Iterator

import orjson

from bench.load.job import Intent, Script, Steady


def scripted(script: Script) -> Iterator[Intent]:
    """The script's intents in order; all clients draw from one such iterator."""
    return iter(script.intents)


def steady(traffic: Steady, payer: int, payer_username: str, seed: int) -> Iterator[Intent]:
    """Endless transfers of one payer; nobody is asked to pay themselves."""
    rng = random.Random(f"{seed}-{payer}")
    run = secrets.token_hex(8)
    hot, *_ = traffic.payees
    others = [payee for payee in traffic.payees if payee not in (hot, payer_username)] or [hot]
    # Made at first use: a thousand of them for each client would be the warm-up's whole work.
    bodies: dict[str, str] = {}
    number = 0
    while True:
        number += 1
        to_hot = rng.random() < traffic.hot_share and hot != payer_username
        payee = hot if to_hot else rng.choice(others)
        body = bodies.get(payee) or bodies.setdefault(payee, _body(payee, traffic))
        yield Intent.model_construct(payer=payer, key=f"{run}-{payer}-{number}", body=body, repeats=0)


def _body(payee: str, traffic: Steady) -> str:
    return orjson.dumps({"payee": payee, "amount": traffic.amount, "currency": traffic.currency}).decode()
