"""A state machine over everything that may be asked of a ledger, held against a plain model after every step.

The model knows no journal, no hashes and no batches: balances, holds and what was paid, in dictionaries. `decide` in
memory and the writer on MongoDB are both driven by it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.unit.transaction_service.ledgers import (
    NOW,
    an_id,
    changing,
    following,
    granting,
    limiting,
    opening,
    opening_the_world,
    splitting,
)
from transaction_service.domain import Account, Outcome
from transaction_service.domain.journal import rfc3339

PEOPLE = ("ann", "bob", "cem")
GRANT = 10_000
DAY_LIMIT = 12_000
AMOUNTS = st.sampled_from((1, 900, 2_500, 4_000, 6_000))
PERSON = st.sampled_from(PEOPLE)
PAYEES = st.lists(PERSON, min_size=1, max_size=2, unique=True)


@dataclass
class Held:
    """A hold or a payment, as the model keeps it."""

    payer: str
    parts: dict[str, int]
    expires_at: str | None
    day: str
    status: str
    refunded: Counter[str] = field(default_factory=Counter)

    @property
    def amount(self) -> int:
        return sum(self.parts.values())


@dataclass
class Model:
    """Money in dictionaries."""

    posted: Counter[str] = field(default_factory=Counter)
    frozen: set[str] = field(default_factory=set)
    spent: Counter[tuple[str, str]] = field(default_factory=Counter)
    transfers: dict[str, Held] = field(default_factory=dict)

    def held_from(self, person: str) -> int:
        return sum(t.amount for t in self.transfers.values() if t.status == "pending" and t.payer == person)

    def held_for(self, person: str) -> int:
        return sum(t.parts.get(person, 0) for t in self.transfers.values() if t.status == "pending")

    def available(self, person: str) -> int:
        return self.posted[person] - self.held_from(person)


class LedgerMachine(RuleBasedStateMachine):
    """`ask(command, now)` and `accounts()` say which ledger is driven."""

    def ask(self, command: Any, now: Any) -> Any:
        raise NotImplementedError

    def accounts(self) -> dict[str, Account]:
        """By id, as the ledger keeps them."""
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.now = NOW
        self.number = 0

    @initialize()
    def everybody_has_an_account_and_money(self) -> None:
        self.ask(opening_the_world(1), self.now)
        for number, person in enumerate(PEOPLE):
            self.ask(opening(100 + number, person), self.now)
            self.ask(granting(200 + number, person, GRANT), self.now)
            self.ask(limiting(number, account(person), per_day=DAY_LIMIT), self.now)
            self.model.posted[person] = GRANT

    @rule(
        payer=PERSON, payees=PAYEES, amount=AMOUNTS, hold=st.booleans(), oneself=st.sampled_from((False,) * 9 + (True,))
    )
    def pay_or_hold(self, payer: str, payees: list[str], amount: int, hold: bool, oneself: bool) -> None:
        others = [person for person in payees if person != payer] or [PEOPLE[PEOPLE.index(payer) - 1]]
        parts = {payee: amount + number for number, payee in enumerate(others)} | ({payer: 1} if oneself else {})
        expires_at = rfc3339(self.now + timedelta(hours=1)) if hold else None
        command = splitting(self.next(), payer, parts, expires_at=expires_at)
        answer = self.ask(command, self.now)
        reason = self.refusal(payer, parts)
        if reason is not None:
            assert (answer.outcome, answer.body["reason"]) == (Outcome.REJECTED, reason)
        else:
            assert answer.outcome is (Outcome.PENDING if hold else Outcome.POSTED)
            self.take(command.id, Held(payer, parts, expires_at, self.day, "pending" if hold else "posted"))
        again = self.ask(replace(command, id=an_id(900_000 + self.next())), self.now)
        assert (again.replayed, again.body) == (True, answer.body), "a repeated request is answered alike"

    def refusal(self, payer: str, parts: dict[str, int]) -> str | None:
        model, total = self.model, sum(parts.values())
        for payee in parts:
            if payee == payer:
                return "same_account" if payee not in model.frozen else "payee_unavailable"
            if payee in model.frozen:
                return "payee_unavailable"
        if payer in model.frozen:
            return "account_frozen"
        if total > model.available(payer):
            return "insufficient_funds"
        return "limit_exceeded" if model.spent[payer, self.day] + total > DAY_LIMIT else None

    def take(self, id: str, transfer: Held) -> None:
        self.model.transfers[id] = transfer
        self.model.spent[transfer.payer, self.day] += transfer.amount
        if transfer.status == "posted":
            self.book(transfer.payer, transfer.parts)

    def book(self, payer: str, parts: dict[str, int]) -> None:
        for payee, amount in parts.items():
            self.model.posted[payer] -= amount
            self.model.posted[payee] += amount

    @precondition(lambda self: self.model.transfers)
    @rule(data=st.data(), by_payee=st.booleans(), part=st.none() | AMOUNTS)
    def capture(self, data: st.DataObject, by_payee: bool, part: int | None) -> None:
        id, held = self.some(data, "pending")
        actor = next(iter(held.parts)) if by_payee else held.payer
        answer = self.ask(following(self.next(), "capture", id, actor, part), self.now)
        reason = self.capture_refusal(held, part or held.amount)
        if reason is not None:
            assert (answer.outcome, answer.body["reason"]) == (Outcome.REJECTED, reason)
            return
        assert answer.outcome is Outcome.CAPTURED
        self.give_back(held, held.amount - (part or held.amount))
        if part is not None and len(held.parts) == 1:
            held.parts = dict.fromkeys(held.parts, part)
        held.status = "posted"
        self.book(held.payer, held.parts)

    def capture_refusal(self, held: Held, amount: int) -> str | None:
        if held.status != "pending" or (held.expires_at or "") <= rfc3339(self.now):
            return "not_pending"
        if amount > held.amount:
            return "exceeds_hold"
        if amount < held.amount and len(held.parts) > 1:
            return "payee_not_named"
        if held.payer in self.model.frozen:
            return "account_frozen"
        return "payee_unavailable" if held.parts.keys() & self.model.frozen else None

    @precondition(lambda self: self.model.transfers)
    @rule(data=st.data(), expire=st.booleans())
    def void_or_expire(self, data: st.DataObject, expire: bool) -> None:
        id, held = self.some(data, "pending")
        command = following(self.next(), "expire" if expire else "void", id, None if expire else held.payer)
        outcome = self.ask(command, self.now).outcome
        pending = held.status == "pending"
        if expire:
            due = pending and (held.expires_at or "") <= rfc3339(self.now)
            assert outcome is (Outcome.EXPIRED if due else Outcome.NOT_DUE)
        else:
            due = pending
            assert outcome is (Outcome.VOIDED if due else Outcome.REJECTED)
        if due:
            held.status = "ended"
            self.give_back(held, held.amount)

    def give_back(self, held: Held, amount: int) -> None:
        if held.day == self.day:
            self.model.spent[held.payer, self.day] -= amount

    @precondition(lambda self: self.model.transfers)
    @rule(data=st.data(), part=st.none() | AMOUNTS)
    def refund(self, data: st.DataObject, part: int | None) -> None:
        id, paid = self.some(data, "posted")
        payee = data.draw(st.sampled_from(sorted(paid.parts)))
        left = paid.parts[payee] - paid.refunded[payee]
        amount = left if part is None else part
        answer = self.ask(following(self.next(), "refund", id, payee, part), self.now)
        if payee in self.model.frozen:
            reason = "account_frozen"
        elif paid.status != "posted":
            reason = "not_refundable"
        elif amount > left or amount == 0:
            reason = "exceeds_paid"
        else:
            reason = None if amount <= self.model.available(payee) else "insufficient_funds"
        if reason is not None:
            assert (answer.outcome, answer.body["reason"]) == (Outcome.REJECTED, reason)
            return
        assert answer.outcome is Outcome.REFUNDED
        paid.refunded[payee] += amount
        self.book(payee, {paid.payer: amount})

    @precondition(lambda self: self.number % 5 == 4)
    @rule(person=PERSON)
    def freeze_or_unfreeze(self, person: str) -> None:
        frozen = self.model.frozen
        act = "unfreeze" if person in frozen else "freeze"
        answer = self.ask(changing(self.next(), act, account(person), "root", role="support"), self.now)
        assert answer.outcome is (Outcome.UNFROZEN if act == "unfreeze" else Outcome.FROZEN)
        frozen.symmetric_difference_update({person})

    @rule(hours=st.sampled_from((0.5, 1, 13)))
    def time_passes(self, hours: float) -> None:
        self.now += timedelta(hours=hours)

    @invariant()
    def the_ledger_is_what_the_model_says(self) -> None:
        accounts = self.accounts()
        for person in PEOPLE if accounts else ():
            found = accounts[account(person)]
            expected = (self.model.posted[person], self.model.held_from(person), self.model.held_for(person))
            assert (found.posted, found.pending_out, found.pending_in) == expected
            assert found.available >= 0
            today = found.spent if found.day == self.day else 0
            assert today == self.model.spent[person, self.day]
        assert sum(found.posted for found in accounts.values()) == 0

    @property
    def day(self) -> str:
        return rfc3339(self.now)[:10]

    def next(self) -> int:
        self.number += 1
        return self.number

    def some(self, data: st.DataObject, status: str) -> tuple[str, Held]:
        """A transfer, mostly one of `status` where there is any."""
        known = self.model.transfers
        likely = sorted(id for id, transfer in known.items() if transfer.status == status)
        any_of_them = data.draw(st.integers(min_value=0, max_value=4)) == 0 or not likely
        id = data.draw(st.sampled_from(sorted(known) if any_of_them else likely))
        return id, known[id]


def account(person: str) -> str:
    """The account that the tests' builders open."""
    return f"account-{person}-EUR"
