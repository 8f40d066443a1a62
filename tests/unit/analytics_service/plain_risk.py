"""The patterns of risk once more, by trying everything: for a few dozen payments, without a look at the other ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from itertools import chain, combinations, pairwise
from typing import Any

from analytics_service.filters import Selection
from tests.unit.analytics_service.plain import Legs, Row, report, selected

Values = dict[str, int]
DEFAULTS = {
    "fan_in": {"window_hours": 24, "parties": 10, "share": 50, "min_amount": 10_000},
    "fan_out": {"window_hours": 24, "parties": 10, "share": 50, "min_amount": 10_000},
    "cycle": {"window_hours": 72, "hops": 5, "tolerance": 10, "min_amount": 10_000},
    "velocity": {"window_minutes": 10, "transfers": 20, "min_amount": 1},
    "structuring": {"window_days": 7, "transfers": 5, "under": 100_000, "band": 10},
    "dormant": {"silent_days": 30, "window_hours": 24, "transfers": 5, "min_amount": 10_000},
}
Found = tuple[str, int, list[Row]]
"""The account that it is about, the score, and the proof."""


@report(*(f"risk_{pattern}" for pattern in DEFAULTS))
def risk(name: str, legs: Legs, selection: Selection, limit: int) -> list[Row]:
    pattern = name.removeprefix("risk_")
    return findings(pattern, legs, selection, DEFAULTS[pattern], limit)


def findings(pattern: str, legs: Legs, selection: Selection, values: Values, limit: int) -> list[Row]:
    paid = [leg for leg in selected(legs, selection) if (leg["status"], leg["type"]) == ("posted", "payment")]
    paid.sort(key=lambda leg: (leg["at"], leg["position"], leg["payee"]["account"]))
    rows = [told(pattern, *found) for found in FINDERS[pattern](paid, values)]
    rows.sort(
        key=lambda row: (-row["score"], int(row["positions"].split()[0]), row["account"], numbers(row["positions"]))
    )
    return rows[:limit]


def numbers(text: str) -> list[int]:
    return [int(word) for word in text.split()]


def told(pattern: str, account: str, score: int, proof: list[Row]) -> Row:
    score = min(1000, score)
    others = sorted({leg[side]["account"] for leg in proof for side in ("payer", "payee")} - {account})
    each: dict[str, Callable[[Row], Any]] = {
        "positions": lambda leg: leg["position"],
        "transfer_ids": lambda leg: leg["id"],
        "times": lambda leg: leg["at"].isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "payers": lambda leg: leg["payer"]["account"],
        "payees": lambda leg: leg["payee"]["account"],
        "amounts": lambda leg: leg["amount"],
    }
    return {
        "pattern": pattern,
        "severity": "low" if score < 150 else "medium" if score < 250 else "high",
        "score": score,
        "currency": proof[0]["currency"],
        "account": account,
        "first_at": proof[0]["at"],
        "last_at": proof[-1]["at"],
        "transfers": len(proof),
        "amount": sum(leg["amount"] for leg in proof),
        "others": len(others),
        "other_accounts": " ".join(others),
        **{name: " ".join(str(value(leg)) for leg in proof) for name, value in each.items()},
    }


def of_each(side: str, paid: Sequence[Row]) -> Iterator[tuple[str, list[Row]]]:
    for account in sorted({leg[side]["account"] for leg in paid}):
        yield account, [leg for leg in paid if leg[side]["account"] == account]


def full_windows(paid: list[Row], length: timedelta, party: Callable[[Row], Any], least: int) -> list[list[int]]:
    """The numbers of the payments in each full window."""
    windows = [[n for n in range(i, len(paid)) if paid[n]["at"] - paid[i]["at"] < length] for i in range(len(paid))]
    return [window for window in windows if len({party(paid[n]) for n in window}) >= least]


def stretches(windows: list[list[int]]) -> list[list[list[int]]]:
    """Windows that have a payment in common, directly or by way of others."""
    groups: list[list[list[int]]] = []
    for window in windows:
        touching = [group for group in groups if any(set(window) & set(other) for other in group)]
        groups = [group for group in groups if group not in touching] + [[*chain.from_iterable(touching), window]]
    return groups


def fan(side: str, other: str) -> Callable[[list[Row], Values], Iterator[Found]]:
    def find(paid: list[Row], values: Values) -> Iterator[Found]:
        large = [leg for leg in paid if leg["amount"] >= values["min_amount"]]
        for account, own in of_each(side, large):

            def party(leg: Row) -> str:
                return str(leg[other]["account"])

            def many(window: list[int], own: list[Row] = own) -> int:
                return len({party(own[n]) for n in window})

            everybody = many(list(range(len(own))))
            windows = full_windows(own, timedelta(hours=values["window_hours"]), party, values["parties"])
            for stretch in stretches(windows):
                best = min((window for window in stretch), key=lambda window: (-many(window), window[0]))
                share = many(best) * 100 // everybody
                if share >= values["share"]:
                    yield account, many(best) * share * 100 // (values["parties"] * 100), [own[n] for n in best]

    return find


def bursts(paid: list[Row], length: timedelta, least: int) -> Iterator[Found]:
    for account, own in of_each("payer", paid):
        for stretch in stretches(
            full_windows(own, length, lambda leg: (leg["position"], leg["payee"]["account"]), least)
        ):
            whole = sorted({n for window in stretch for n in window})
            yield account, max(map(len, stretch)) * 100 // least, [own[n] for n in whole]


def velocity(paid: list[Row], values: Values) -> Iterator[Found]:
    large = [leg for leg in paid if leg["amount"] >= values["min_amount"]]
    yield from bursts(large, timedelta(minutes=values["window_minutes"]), values["transfers"])


def structuring(paid: list[Row], values: Values) -> Iterator[Found]:
    under, least = values["under"], values["under"] - values["under"] * values["band"] // 100
    near = [leg for leg in paid if least <= leg["amount"] < under]
    yield from bursts(near, timedelta(days=values["window_days"]), values["transfers"])


def dormant(paid: list[Row], values: Values) -> Iterator[Found]:
    for account, own in of_each("payer", paid):
        for n in range(1, len(own)):
            if own[n]["at"] - own[n - 1]["at"] >= timedelta(days=values["silent_days"]):
                until = own[n]["at"] + timedelta(hours=values["window_hours"])
                proof = [leg for leg in own[n:] if leg["at"] < until and leg["amount"] >= values["min_amount"]]
                if len(proof) >= values["transfers"]:
                    yield account, len(proof) * 100 // values["transfers"], proof


def cycle(paid: list[Row], values: Values) -> Iterator[Found]:
    large = [leg for leg in paid if leg["amount"] >= values["min_amount"]]
    window = timedelta(hours=values["window_hours"])
    rings = []
    for hops in range(2, values["hops"] + 1):
        for path in combinations(range(len(large)), hops):
            legs = [large[n] for n in path]
            if legs[-1]["at"] - legs[0]["at"] <= window and is_ring(legs, values["tolerance"]):
                rings.append(path)
    used: set[tuple[frozenset[str], int]] = set()
    for path in sorted(rings, key=lambda path: (path[0], len(path), path)):
        legs = [large[n] for n in path]
        accounts = frozenset(leg["payer"]["account"] for leg in legs)
        if not any((accounts, n) in used for n in path):
            used |= {(accounts, n) for n in path}
            ends = sorted((legs[0]["amount"], legs[-1]["amount"]))
            yield legs[0]["payer"]["account"], 60 * len(legs) + ends[0] * 100 // ends[1], legs


def is_ring(legs: list[Row], tolerance: int) -> bool:
    payers = [leg["payer"]["account"] for leg in legs]
    payees = [leg["payee"]["account"] for leg in legs]
    alike = all(
        abs(after["amount"] - before["amount"]) * 100 <= tolerance * before["amount"]
        for before, after in pairwise(legs)
    )
    return len(set(payers)) == len(payers) and payees == [*payers[1:], payers[0]] and alike


FINDERS: dict[str, Callable[[list[Row], Values], Iterator[Found]]] = {
    "fan_in": fan("payee", "payer"),
    "fan_out": fan("payer", "payee"),
    "cycle": cycle,
    "velocity": velocity,
    "structuring": structuring,
    "dormant": dormant,
}
