"""A history of everything that may be asked of a ledger, granted and refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.unit.transaction_service.ledgers import (
    an_id,
    changing,
    following,
    holding,
    later,
    limiting,
    opening,
    opening_the_world,
    paying,
    splitting,
)
from transaction_service.domain import Atomic, Payee, PostTransfer
from transaction_service.domain.commands import DEPOSIT, WITHDRAWAL


def cash(number: int, type: str, username: str, amount: int) -> PostTransfer:
    """A deposit or a withdrawal by sue of support."""
    deposit = type == DEPOSIT
    return PostTransfer(
        id=an_id(50_000 + number),
        key=f"user-sue/{number}",
        fingerprint=f"{type}/{username}/{amount}",
        payees=(Payee(amount, username=username) if deposit else Payee(amount, account="world:EUR"),),
        currency="EUR",
        owner=None,
        owner_username=None if deposit else username,
        role="support",
        payer_account="world:EUR" if deposit else None,
        type=type,
        actor="user-sue",
    )


def by_account(number: int, payer: str, account: str, amount: int, **more) -> PostTransfer:
    """A payment to an account that is named by its id."""
    return replace(paying(number, payer, "nobody", amount, **more), payees=(Payee(amount, account=account),))


def live(ask: Callable[..., Any], pass_time: Callable[..., Any]) -> None:
    """Ask a ledger on which ann, bob and cem have EUR 1,000.00 each; `ask` takes commands, `pass_time` hours."""
    ask(limiting(1, "account-ann-EUR", per_day=90_000), opening(110, "ann", purpose="savings"))
    ask(opening_the_world(2, "JPY"), opening(111, "ann", "JPY"), opening(112, "ann", purpose="old"))
    ask(
        changing(1, "close", "account-ann-EUR-old", "ann"),
        changing(2, "freeze", "account-cem-EUR", "sue", role="support"),
    )
    ask(paying(1, "ann", "cem", 5))
    ask(changing(3, "unfreeze", "account-cem-EUR", "sue", role="support"), paying(2, "ann", "bob", 1_000, note="rent"))
    ask(splitting(3, "ann", {"bob": 10, "cem": 20}), paying(4, "ann", "nobody", 1), paying(5, "bob", "ann", 999_999))
    # By account: one's own, one's own of another currency, a stranger's, one that isn't there.
    ask(by_account(6, "ann", "account-ann-EUR-savings", 700), by_account(7, "ann", "account-ann-JPY", 7))
    ask(by_account(8, "ann", "account-bob-EUR", 7), by_account(9, "ann", "account-eve-EUR", 7))
    ask(paying(10, "ann", "bob", 300, payer_account="account-ann-EUR-savings"))
    ask(holding(20, "ann", "bob", 5_000), holding(21, "ann", "cem", 400), holding(22, "bob", "ann", 50))
    ask(splitting(23, "cem", {"ann": 1, "bob": 2}, expires_at=later(hours=1)))
    ask(following(1, "capture", an_id(10_020), "bob", 3_000), following(2, "capture", an_id(10_020), "bob", 1))
    ask(following(3, "void", an_id(10_021), "ann"), following(4, "capture", an_id(10_022), "ann", 51))
    ask(following(5, "void", an_id(10_021), "ann"), following(6, "capture", an_id(10_023), "ann", 1))
    ask(paying(30, "ann", "bob", 77, execute_at=later(hours=2)), paying(31, "ann", "bob", 9, execute_at=later(hours=2)))
    ask(by_account(32, "ann", "account-ann-EUR-savings", 8, execute_at=later(hours=2)))
    ask(
        paying(33, "cem", "bob", 90_000, execute_at=later(hours=2)),
        paying(34, "cem", "bob", 3, execute_at=later(days=2)),
    )
    ask(paying(35, "ann", "nobody", 9, execute_at=later(hours=2)), following(7, "void", an_id(10_031), "ann"))
    pass_time(hours=3)
    ask(*[following(40 + n, "expire", an_id(10_020 + n), None, role="service") for n in (1, 2, 3)])
    ask(paying(36, "cem", "bob", 50_000))
    ask(*[following(50 + n, "execute", an_id(10_030 + n), None, role="service") for n in range(5)])
    ask(
        following(60, "refund", an_id(10_002), "bob", 400, note="sorry"),
        following(61, "refund", an_id(10_002), "bob", 900),
    )
    ask(following(62, "refund", an_id(10_003), "cem"), following(63, "refund", an_id(10_003), "cem"))
    ask(following(64, "reverse", an_id(10_003), "sue", 5, role="support", payee="bob"))
    ask(following(65, "reverse", an_id(10_003), "sue", role="support", payee="eve", note="?"))
    ask(cash(1, DEPOSIT, "ann", 5_000), cash(2, WITHDRAWAL, "bob", 60), cash(3, WITHDRAWAL, "bob", 9_999_999))
    ask(following(66, "reverse", an_id(50_002), "sue", role="support"), following(67, "refund", an_id(50_001), "ann"))
    ask(following(68, "refund", an_id(10_020), "bob", 100))
    ask(Atomic(an_id(60_000), (paying(70, "ann", "bob", 1), paying(71, "bob", "cem", 2))))
    ask(limiting(2, "account-ann-EUR"), paying(72, "bob", "cem", 1, dry_run=True))
    pass_time(hours=22)
    ask(paying(73, "ann", "bob", 12), holding(74, "ann", "cem", 13, expires_at=later(days=3)))
