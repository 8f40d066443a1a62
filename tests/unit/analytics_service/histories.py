"""A journal made by the ledger's own rules, with a record of every kind."""

from __future__ import annotations

from tests.unit.transaction_service.ledgers import (
    a_ledger,
    an_id,
    changing,
    following,
    granting,
    holding,
    later,
    limiting,
    opening,
    opening_the_world,
    paying,
    splitting,
)
from transaction_service.domain import Payee, PostTransfer, Record
from transaction_service.domain.account import world_account_id

PEOPLE = ("ann", "bob", "cem")
SAVINGS = "account-ann-EUR-savings"


def cash(number: int, type: str, username: str, amount: int, currency: str = "EUR") -> PostTransfer:
    """A deposit or a withdrawal by a member of staff."""
    world, deposit = world_account_id(currency), type == "deposit"
    return PostTransfer(
        id=an_id(50_000 + number),
        key=f"user-root/{number}",
        fingerprint="",
        payees=(Payee(amount, username=username) if deposit else Payee(amount, account=world),),
        currency=currency,
        owner=None,
        owner_username=None if deposit else username,
        payer_account=world if deposit else None,
        role="support",
        type=type,
        actor="user-root",
    )


def saving(number: int, amount: int, payee: str | None = None) -> PostTransfer:
    """ann puts money into her savings, and pays as much to `payee` in the same transfer."""
    others = () if payee is None else (Payee(amount, username=payee),)
    return PostTransfer(
        id=an_id(60_000 + number),
        key=f"user-ann/saving-{number}",
        fingerprint="",
        payees=(Payee(amount, account=SAVINGS), *others),
        currency="EUR",
        owner="user-ann",
        owner_username="ann",
    )


def everything() -> list[Record]:
    """A history with an event of every type, every type of transfer and every way in which one ends."""
    ledger = a_ledger(*PEOPLE)
    ledger.decide(opening(110, "ann", purpose="savings"), opening(111, "cem", purpose="spare"))
    ledger.decide(opening_the_world(2, "JPY"), opening(120, "bob", "JPY"), granting(220, "bob", currency="JPY"))
    paid = ledger.ask(paying(1, "ann", "bob", 1_000)).body["id"]
    split = ledger.ask(splitting(2, "ann", {"bob": 700, "cem": 300})).body["id"]
    ledger.decide(saving(1, 250), saving(2, 40, "bob"), paying(3, "bob", "nobody", 5), paying(4, "cem", "bob", 10**6))
    ledger.decide(paying(5, "ann", "bob", 7, dry_run=True), paying(1, "ann", "bob", 1_000))
    ledger.decide(following(1, "refund", paid, "bob", 400), following(2, "refund", paid, "bob", 10**6))
    ledger.decide(following(3, "reverse", split, "root", role="support", payee="cem"))
    ledger.decide(cash(1, "deposit", "cem", 5_000), cash(2, "withdrawal", "cem", 2_000))
    captured, voided, expired = (ledger.ask(holding(number, "bob", "cem", 900)).body["id"] for number in (10, 11, 12))
    ledger.decide(following(4, "capture", captured, "cem", 600), following(5, "void", voided, "bob"))
    ledger.decide(following(6, "capture", voided, "cem"), following(7, "void", captured, "bob"))
    executed, failed, called_off = (
        ledger.ask(paying(number, who, "cem", amount, execute_at=later(hours=1))).body["id"]
        for number, who, amount in ((20, "ann", 80), (21, "bob", 10**6), (22, "ann", 81))
    )
    ledger.decide(following(8, "void", called_off, "ann"))
    ledger.pass_time(hours=13)
    ledger.decide(*(following(number, "execute", id, None) for number, id in ((9, executed), (10, failed))))
    ledger.decide(following(11, "expire", expired, None), holding(13, "ann", "bob", 5, expires_at=later(days=9)))
    ledger.decide(limiting(1, "account-bob-EUR", per_day=10), changing(1, "close", "account-cem-EUR-spare", "cem"))
    for number, act in enumerate(("freeze", "unfreeze"), 2):
        ledger.decide(changing(number, act, "account-cem-EUR", "root", role="support"))
    return ledger.records
