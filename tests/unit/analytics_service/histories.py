"""Journals made by the ledger's own rules: one with a record of every kind, and random ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import strategies as st

from tests.unit.transaction_service.ledgers import (
    Ledger,
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
from transaction_service.domain import Command, Payee, PostTransfer
from transaction_service.domain.account import world_account_id
from transaction_service.domain.journal import rfc3339

PEOPLE = ("ann", "bob", "cem")
SAVINGS = "account-ann-EUR-savings"
NEW = ("pay", "pay nobody", "try", "split", "save", "hold", "hold for two", "schedule", "deposit", "withdrawal")
FOLLOW_UPS = ("capture", "void", "expire", "execute", "refund", "reverse")
OTHERS = ("wait", "freeze", "unfreeze")
Step = tuple[str, str, str, int, int]
"""What is done, by whom, to whom, how much, and to which transfer, counted from the last."""


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


def everything() -> Ledger:
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
    return ledger


def a_journal(steps: Sequence[Step]) -> Ledger:
    """The steps, one after the other, on a ledger of PEOPLE and ann's savings; some of them will be refused."""
    ledger = a_ledger(*PEOPLE)
    ledger.decide(opening(110, "ann", purpose="savings"))
    for number, (name, who, other, amount, which) in enumerate(steps, 1):
        transfers = [record.command_id for record in ledger.records if "payees" in record.answer.body]
        if name == "wait":
            ledger.pass_time(hours=which)
        elif name in FOLLOW_UPS:
            ledger.decide(_following(number, name, transfers[-1 - which % len(transfers)], who, amount))
        elif name in OTHERS:
            ledger.decide(changing(number, name, f"account-{who}-EUR", "root", role="support"))
        else:
            ledger.decide(_new(number, name, who, other, amount, ledger.now))
    return ledger


def _following(number: int, act: str, transfer: str, who: str, amount: int) -> Command:
    if act in ("expire", "execute"):
        return following(number, act, transfer, None)
    part = amount if act != "void" and amount % 2 else None
    return following(number, act, transfer, who, part, role="support" if act == "reverse" else "user")


def _new(number: int, name: str, who: str, other: str, amount: int, now: datetime) -> Command:
    everybody_else = {person: amount for person in PEOPLE if person != who}
    soon = rfc3339(now + timedelta(hours=2))
    match name:
        case "pay nobody":
            return paying(number, who, "nobody", amount)
        case "save":
            return saving(number, amount, None if other == "ann" else other)
        case "deposit" | "withdrawal":
            return cash(number, name, who, amount)
        case "split" | "hold for two":
            return splitting(number, who, everybody_else, expires_at=soon if name == "hold for two" else None)
        case "hold":
            return holding(number, who, other, amount, expires_at=soon)
    return paying(number, who, other, amount, dry_run=name == "try", execute_at=soon if name == "schedule" else None)


JOURNALS = st.lists(
    st.tuples(
        st.sampled_from(NEW + FOLLOW_UPS + OTHERS),
        st.sampled_from(PEOPLE),
        st.sampled_from(PEOPLE),
        st.sampled_from((1, 300, 4_001, 30_000, 90_001)),
        st.integers(0, 5),
    ),
    min_size=5,
    max_size=40,
).map(a_journal)
