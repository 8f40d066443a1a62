"""The load that lives a transfer's whole life: each step stands on the answer before."""

from itertools import islice

import orjson

from bench.load.book import Entry
from bench.load.job import BATCH, TRANSFERS, Intent, Lives
from bench.load.lives import Life, lives

USERNAMES = ["ann", "bob", "cem", "dee"]


def lived(life: Life, *, accepted: bool = True) -> list[Intent]:
    """What a life asks when every step is accepted, or when none is."""
    asked = [next(life)]
    while True:
        entry = Entry(asked[-1].key, "ann", 0, outcome="accepted" if accepted else "rejected", transfer_id="t-1")
        try:
            asked.append(life.send(entry))
        except StopIteration:
            return asked


def some_lives(count: int = 200, **how: bool) -> list[list[Intent]]:
    return [lived(life, **how) for life in islice(lives(Lives(seconds=1), 0, USERNAMES, seed=1), count)]


def test_every_hold_is_captured_or_voided() -> None:
    holds = [asked for asked in some_lives() if "hold_seconds" in asked[0].body]

    assert {asked[1].path for asked in holds} == {f"{TRANSFERS}/t-1/capture", f"{TRANSFERS}/t-1/void"}


def test_each_payee_of_a_split_gives_their_own_part_back() -> None:
    splits = [asked for asked in some_lives() if "payees" in asked[0].body]

    assert splits
    for payment, *refunds in splits:
        named = [USERNAMES.index(part["payee"]) for part in orjson.loads(payment.body)["payees"]]
        assert [refund.payer for refund in refunds] == named
        assert {refund.path for refund in refunds} == {f"{TRANSFERS}/t-1/refund"}


def test_what_was_not_accepted_is_not_followed_up() -> None:
    assert {len(asked) for asked in some_lives(accepted=False)} == {1}


def test_no_key_is_used_twice() -> None:
    intents = [intent for asked in some_lives() for intent in asked]
    items = [item for intent in intents if intent.path == BATCH for item in orjson.loads(intent.body)["items"]]
    keys = [intent.key for intent in intents if intent.key] + [item["idempotency_key"] for item in items]

    assert len(items) > 3
    assert len(keys) == len(set(keys))
