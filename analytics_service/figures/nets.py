"""A finding as a picture: accounts in a circle, arrows for who paid whom. It is drawn here, so it needs no script."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SIZE = 240
RADIUS = 95
MOST = 40
"""With more accounts nobody could tell the arrows apart; the table has them all."""


@dataclass(frozen=True)
class Dot:
    """An account's place; `is_subject` is the one that the finding is about."""

    account: str
    x: int
    y: int
    is_subject: bool


@dataclass(frozen=True)
class Step:
    """One of the transfers that prove a finding, as its row tells it."""

    position: str
    transfer_id: str
    time: str
    payer: str
    payee: str
    amount: int


@dataclass(frozen=True)
class Net:
    """The dots, and the arrows by the places of their ends."""

    dots: tuple[Dot, ...]
    arrows: tuple[tuple[int, int, int, int], ...]


def steps_of(row: Mapping[str, Any]) -> list[Step]:
    """The transfers of a finding's row."""
    names = ("positions", "transfer_ids", "times", "payers", "payees", "amounts")
    rows = zip(*(row[name].split() for name in names), strict=True)
    return [Step(position, id, time, payer, payee, int(amount)) for position, id, time, payer, payee, amount in rows]


def net_of(row: Mapping[str, Any]) -> Net | None:
    """The picture of a finding's row; None where there would be too much in it."""
    subject, others = row["account"], row["other_accounts"].split()
    if len(others) >= MOST:
        return None
    steps = steps_of(row)
    order = [*dict.fromkeys([subject, *(side for step in steps for side in (step.payer, step.payee))])]
    at = _in_a_circle(order) if row["pattern"] == "cycle" else _around(order)
    dots = tuple(Dot(account, *at[account], account == subject) for account in order)
    pairs = dict.fromkeys((step.payer, step.payee) for step in steps)
    return Net(dots, tuple((*at[payer], *at[payee]) for payer, payee in pairs))


def _in_a_circle(accounts: list[str], hub: tuple[str, ...] = ()) -> dict[str, tuple[int, int]]:
    places = dict.fromkeys(hub, (SIZE // 2, SIZE // 2))
    ring = [account for account in accounts if account not in hub]
    for number, account in enumerate(ring):
        angle = 2 * math.pi * number / len(ring) - math.pi / 2
        places[account] = (
            round(SIZE / 2 + RADIUS * math.cos(angle)),
            round(SIZE / 2 + RADIUS * math.sin(angle)),
        )
    return places


def _around(accounts: list[str]) -> dict[str, tuple[int, int]]:
    """The first one in the middle."""
    return _in_a_circle(accounts, hub=(accounts[0],))
