from itertools import islice

import orjson

from bench.load.job import Steady
from bench.load.traffic import steady

PAYEES = ["hot", *(f"payee-{n}" for n in range(20))]


def payees_of(traffic: Steady, username: str = "payer", count: int = 2000) -> list[str]:
    return [orjson.loads(intent.body)["payee"] for intent in islice(steady(traffic, 0, username, seed=1), count)]


def test_the_hot_account_gets_its_share() -> None:
    chosen = payees_of(Steady(seconds=1, payees=PAYEES, hot_share=0.9))

    assert 0.87 < chosen.count("hot") / len(chosen) < 0.93


def test_without_a_hot_account_all_others_are_paid_alike() -> None:
    chosen = payees_of(Steady(seconds=1, payees=PAYEES))

    assert {chosen.count(payee) > 50 for payee in PAYEES[1:]} == {True}


def test_nobody_pays_themselves() -> None:
    assert "hot" not in payees_of(Steady(seconds=1, payees=PAYEES, hot_share=0.9), username="hot")
    assert "payee-3" not in payees_of(Steady(seconds=1, payees=PAYEES), username="payee-3")


def test_no_key_is_used_twice() -> None:
    traffic = Steady(seconds=1, payees=PAYEES)
    intents = [*islice(steady(traffic, 0, "a", seed=1), 100), *islice(steady(traffic, 1, "b", seed=1), 100)]

    assert len({intent.key for intent in intents}) == 200
