"""Whole histories by chance: everything that may be asked of a ledger, in any order, most of it sensible."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

from contracts.moments import rfc3339
from tests.unit.transaction_service.ledgers import (
    a_ledger,
    changing,
    following,
    limiting,
    opening,
    opening_the_world,
    splitting,
)
from transaction_service.domain import Payee, PostTransfer, Record
from transaction_service.domain.account import world_account_id
from transaction_service.domain.commands import DEPOSIT, WITHDRAWAL, Command

PEOPLE = ("ann", "bob", "cem")
NAMES = (*PEOPLE * 4, "nobody")
AMOUNTS = (1, 900, 900, 5_000, 5_000, 20_000, 60_000, 120_000, 300_000)
ACTS = ("capture", "capture", "void", "expire", "execute", "execute", "refund", "reverse")


def a_history(seed: int, steps: int = 150) -> list[Record]:
    """What a ledger decided on `steps` requests; the same for the same seed."""
    return _Chance(seed).run(steps)


class _Chance:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.ledger = a_ledger(*PEOPLE)
        self.ledger.decide(opening_the_world(2, "USD"), opening(310, "ann", "USD"))
        self.ledger.decide(*(opening(300 + number, name, purpose="holiday") for number, name in enumerate(PEOPLE)))
        self.number = 0

    def run(self, steps: int) -> list[Record]:
        kinds = [self.payment, self.between_own_accounts, self.follow_up, self.cash, self.change, self.limits]
        while self.number < steps:
            self.number += 1
            (kind,) = self.random.choices(kinds, weights=(40, 10, 40, 8, 6, 2))
            self.ledger.ask(kind())
            self.ledger.pass_time(minutes=self.random.choice((0, 0, 0, 1, 40, 700)))
        return self.ledger.records

    def payment(self) -> PostTransfer:
        payer = self.random.choice(PEOPLE)
        payees = {self.random.choice(NAMES) for _ in range(self.random.choice((1, 1, 1, 2, 3)))}
        others = sorted(payees - {payer} or payees)
        more = self.ending() | self.random.choice(({}, {}, {}, {"currency": "USD"}))
        if self.random.random() < 0.1:
            # From another account, and then one's own main account may be among those that are paid.
            others, more["payer_account"] = sorted(payees), f"account-{payer}-EUR-holiday"
        return splitting(self.number, payer, {name: self.amount() for name in others}, **more)

    def between_own_accounts(self) -> PostTransfer:
        person = self.random.choice(PEOPLE)
        accounts = [f"account-{person}-EUR", f"account-{person}-EUR-holiday"]
        self.random.shuffle(accounts)
        to = (Payee(self.amount(), account=accounts[1]),)
        return replace(splitting(self.number, person, {}, payer_account=accounts[0], **self.ending()), payees=to)

    def follow_up(self) -> Command:
        actor = self.random.choice(PEOPLE)
        act = self.random.choice(ACTS)
        more = {"role": "support", "payee": self.random.choice((None, *PEOPLE))} if act == "reverse" else {}
        amount = self.random.choice((None, None, *AMOUNTS)) if act in ("capture", "refund", "reverse") else None
        known = [record.answer.body["id"] for record in self.ledger.records if "id" in record.answer.body]
        # Mostly what has just been made, since that may still be captured, voided or paid back.
        transfer = self.random.choice(known[-8:] if self.random.random() < 0.8 else known)
        return following(self.number, act, transfer, None if act in ("expire", "execute") else actor, amount, **more)

    def cash(self) -> PostTransfer:
        """A deposit or a withdrawal by the staff."""
        person, world = self.random.choice(NAMES), world_account_id("EUR")
        by_staff = replace(splitting(self.number, "sue", {}, role="support", actor="user-sue"), owner=None)
        if self.random.random() < 0.5 or person == "nobody":
            to = (Payee(self.amount(), username=person),)
            return replace(by_staff, type=DEPOSIT, payees=to, owner_username=None, payer_account=world)
        to = (Payee(self.amount(), account=world),)
        return replace(by_staff, type=WITHDRAWAL, payees=to, owner_username=person)

    def change(self) -> Command:
        act = self.random.choice(("freeze", "unfreeze", "unfreeze", "close"))
        person, more = self.random.choice(PEOPLE), self.random.choice(("", "-holiday"))
        staff = {} if act == "close" else {"role": "support"}
        actor = person if act == "close" else "sue"
        return changing(self.number, act, f"account-{person}-EUR{more}", actor, **staff)

    def limits(self) -> Command:
        return limiting(self.number, f"account-{self.random.choice(PEOPLE)}-EUR", per_day=self.amount())

    def amount(self) -> int:
        return self.random.choice(AMOUNTS)

    def ending(self) -> dict[str, str]:
        """At once, as a hold or at a later moment."""
        soon = rfc3339(self.ledger.now + timedelta(hours=self.random.choice((1, 12))))
        return self.random.choice(({}, {}, {"expires_at": soon}, {"execute_at": soon}))
