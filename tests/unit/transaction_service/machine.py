"""A state machine over everything that may be asked of a ledger, held against a plain model after every step.

`decide` in memory and the writer on MongoDB are both driven by it.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from contracts.moments import rfc3339
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
from tests.unit.transaction_service.model import WORLD, Deal, Model
from transaction_service.domain import Account, Answer, Atomic, Outcome, Payee, PostTransfer
from transaction_service.domain.account import world_account_id
from transaction_service.domain.commands import DEPOSIT, WITHDRAWAL

PEOPLE = ("ann", "bob", "cem")
GRANT = 10_000
LIMITS = {"per_transfer": 7_000, "per_day": 12_000, "per_payee": 8_000, "new_payee": 6_500, "per_minute": 3}
AMOUNTS = st.sampled_from((1, 900, 2_500, 4_000, 6_000))
PERSON = st.sampled_from(PEOPLE)
PAYEES = st.lists(st.sampled_from(PEOPLE * 4 + ("nobody",)), min_size=1, max_size=2, unique=True)
SELDOM = st.sampled_from((False,) * 9 + (True,))


class LedgerMachine(RuleBasedStateMachine):
    """`ask_all(commands, now)` (one batch) and `accounts()` say which ledger is driven."""

    def ask_all(self, commands: list[Any], now: Any) -> list[Answer]:
        raise NotImplementedError

    def accounts(self) -> dict[str, Account]:
        """By id, as the ledger keeps them."""
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self.model = Model(NOW, PEOPLE)
        self.number = 0
        self.asked: list[tuple[Any, Answer]] = []

    @initialize()
    def everybody_has_an_account_and_money(self) -> None:
        self.ask(opening_the_world(1))
        for number, person in enumerate(PEOPLE):
            self.ask(opening(100 + number, person))
            self.ask(granting(200 + number, person, GRANT))
            self.ask(limiting(number, account(person), **LIMITS))
            self.model.move(WORLD, {person: GRANT})
            self.model.limits[person] = LIMITS

    @rule(payer=PERSON, payees=PAYEES, amount=AMOUNTS, hold=st.booleans(), oneself=SELDOM, tried=st.booleans())
    def pay_or_hold(self, payer: str, payees: list[str], amount: int, hold: bool, oneself: bool, tried: bool) -> None:
        parts = self.parts(payer, payees, amount) | ({payer: 1} if oneself else {})
        until = self.model.now + timedelta(hours=1) if hold else None
        command = splitting(self.next(), payer, parts, expires_at=until and rfc3339(until))
        dry = self.try_out(command) if tried else None
        answer = self.ask(command)
        if dry is not None:
            real = {name: value for name, value in answer.body.items() if name not in ("id", "position")}
            assert (dry.outcome, dry.body) == (answer.outcome, {**real, "dry_run": True})
        reason = self.model.why_not(payer, parts)
        if reason == "limit_exceeded":
            assert answer.body["limit"] == self.model.broken_limit(payer, parts)
        if self.agreed(answer, Outcome.PENDING if hold else Outcome.POSTED, reason):
            status = "pending" if hold else "posted"
            self.model.make(command.id, Deal(payer, parts, status, self.model.now, until))

    @rule(payments=st.lists(st.tuples(PERSON, PERSON, AMOUNTS), min_size=2, max_size=4), atomic=st.booleans())
    def pay_many_at_once(self, payments: list[tuple[str, str, int]], atomic: bool) -> None:
        commands = [splitting(self.next(), payer, {payee: amount}) for payer, payee, amount in payments]
        model, reasons = copy.deepcopy(self.model), []
        for command, (payer, payee, amount) in zip(commands, payments, strict=True):
            reasons.append(model.why_not(payer, {payee: amount}))
            if reasons[-1] is None:
                model.make(command.id, Deal(payer, {payee: amount}, "posted", model.now))
        if atomic:
            answer = self.ask_all([Atomic(an_id(self.next()), tuple(commands))], self.model.now)[0]
            assert answer.outcome is (Outcome.REJECTED if any(reasons) else Outcome.POSTED)
            assert [part["body"].get("reason") for part in answer.body["results"]] == reasons
            self.model = self.model if any(reasons) else model
        else:
            answers = self.ask_all(commands, self.model.now)
            assert [found.body.get("reason") for found in answers] == reasons
            self.model = model

    @rule(payer=PERSON, payees=PAYEES, amount=AMOUNTS, hours=st.sampled_from((0.5, 1, 13)))
    def schedule(self, payer: str, payees: list[str], amount: int, hours: float) -> None:
        parts, until = self.parts(payer, payees, amount), self.model.now + timedelta(hours=hours)
        command = splitting(self.next(), payer, parts, execute_at=rfc3339(until))
        # Money is not asked about before its time.
        if self.agreed(self.ask(command), Outcome.SCHEDULED, self.model.why_no_payee(payer, parts)):
            self.model.deals[command.id] = Deal(payer, parts, "scheduled", self.model.now, until)

    @precondition(lambda self: self.model.deals)
    @rule(data=st.data())
    def execute(self, data: st.DataObject) -> None:
        id, deal = self.some(data, "scheduled")
        answer = self.ask(following(self.next(), "execute", id, None))
        if deal.status != "scheduled" or deal.until is None or deal.until > self.model.now:
            assert answer.outcome is Outcome.NOT_DUE
        elif self.agreed(answer, Outcome.POSTED, self.model.why_not(deal.payer, deal.parts)):
            self.model.make(id, replace(deal, status="posted"))
        else:
            deal.status = "ended"

    @precondition(lambda self: self.model.deals)
    @rule(data=st.data(), actor=PERSON, part=st.none() | AMOUNTS)
    def capture(self, data: st.DataObject, actor: str, part: int | None) -> None:
        id, deal = self.some(data, "pending")
        answer = self.ask(following(self.next(), "capture", id, actor, part))
        if not (actor == deal.payer if deal.status == "scheduled" else deal.is_party(actor)):
            assert answer.outcome is Outcome.UNKNOWN_TRANSFER
        elif self.agreed(answer, Outcome.CAPTURED, self.capture_refusal(deal, part or deal.amount)):
            taken = deal.parts if part is None or len(deal.parts) > 1 else dict.fromkeys(deal.parts, part)
            self.model.give_back(deal, {payee: deal.parts[payee] - taken[payee] for payee in deal.parts})
            deal.parts, deal.status = taken, "posted"
            self.model.move(deal.payer, taken)

    def capture_refusal(self, deal: Deal, amount: int) -> str | None:
        if deal.status != "pending" or deal.until is None or deal.until <= self.model.now:
            return "not_pending"
        if amount != deal.amount and len(deal.parts) > 1:
            return "payee_not_named"
        if amount > deal.amount:
            return "exceeds_hold"
        if deal.payer in self.model.frozen:
            return "account_frozen"
        return "payee_unavailable" if deal.parts.keys() & self.model.frozen else None

    @precondition(lambda self: self.model.deals)
    @rule(data=st.data(), actor=PERSON)
    def void(self, data: st.DataObject, actor: str) -> None:
        id, deal = self.some(data, data.draw(st.sampled_from(("pending", "scheduled"))))
        answer = self.ask(following(self.next(), "void", id, actor))
        if not (actor == deal.payer if deal.status == "scheduled" else deal.is_party(actor)):
            assert answer.outcome is Outcome.UNKNOWN_TRANSFER
            return
        may = deal.status in ("pending", "scheduled")
        if self.agreed(answer, Outcome.VOIDED, None if may else "not_pending"):
            self.end(deal)

    @precondition(lambda self: self.model.deals)
    @rule(data=st.data())
    def expire(self, data: st.DataObject) -> None:
        id, deal = self.some(data, "pending")
        due = deal.status == "pending" and deal.until is not None and deal.until <= self.model.now
        outcome = self.ask(following(self.next(), "expire", id, None)).outcome
        assert outcome is (Outcome.EXPIRED if due else Outcome.NOT_DUE)
        if due:
            self.end(deal)

    def end(self, deal: Deal) -> None:
        if deal.status == "pending":
            self.model.give_back(deal, deal.parts)
        deal.status = "ended"

    @precondition(lambda self: self.model.deals)
    @rule(data=st.data(), part=st.none() | AMOUNTS, by_staff=st.booleans())
    def give_money_back(self, data: st.DataObject, part: int | None, by_staff: bool) -> None:
        id, deal = self.some(data, "posted")
        payee = data.draw(st.sampled_from(sorted(deal.parts)))
        left = deal.parts[payee] - deal.refunded[payee]
        amount = left if part is None or by_staff else part
        act, actor = ("reverse", "sue") if by_staff else ("refund", payee)
        more = {"role": "support", "payee": payee} if by_staff else {}
        answer = self.ask(following(self.next(), act, id, actor, None if by_staff else part, **more))
        reason = None
        if payee in self.model.frozen and not by_staff:
            reason = "account_frozen"
        elif deal.status != "posted":
            reason = "not_refundable"
        elif amount > left or amount == 0:
            reason = "exceeds_paid"
        elif deal.payer in self.model.frozen and not by_staff:
            reason = "payee_unavailable"
        elif amount > self.model.available(payee):
            reason = "insufficient_funds"
        if self.agreed(answer, Outcome.REFUNDED, reason):
            deal.refunded[payee] += amount
            self.model.move(payee, {deal.payer: amount})

    @rule(person=PERSON, amount=AMOUNTS, deposit=st.booleans())
    def bring_or_take_cash(self, person: str, amount: int, deposit: bool) -> None:
        world = world_account_id("EUR")
        base = splitting(self.next(), "sue", {person: amount})
        fields: dict[str, Any] = {"owner": None, "owner_username": None, "role": "support", "actor": "user-sue"}
        if deposit:
            command = replace(base, **fields, payer_account=world, type=DEPOSIT)
            reason = None if self.model.is_open(person) else "payee_unavailable"
        else:
            to_world = (Payee(amount, account=world),)
            command = replace(base, **fields | {"owner_username": person}, payees=to_world, type=WITHDRAWAL)
            reason = self.model.why_not(person, {WORLD: amount}, limited=False)
        if self.agreed(self.ask(command), Outcome.POSTED, reason):
            self.model.move(*((WORLD, {person: amount}) if deposit else (person, {WORLD: amount})))

    @rule(person=PERSON, amount=AMOUNTS, back=st.booleans())
    def move_between_own_accounts(self, person: str, amount: int, back: bool) -> None:
        pot = f"{person}/pot"
        answer = self.ask(opening(500 + PEOPLE.index(person), person, purpose="pot"))
        assert answer.outcome is (Outcome.ACCOUNT_CLOSED if pot in self.model.closed else Outcome.OPENED)
        self.model.posted[pot] += 0
        payer, payee = (pot, person) if back else (person, pot)
        command = own_move(self.next(), person, account(payer), account(payee), amount)
        if self.agreed(self.ask(command), Outcome.POSTED, self.model.why_not(payer, {payee: amount}, limited=False)):
            self.model.move(payer, {payee: amount})

    @rule(person=PERSON)
    def close_the_second_account(self, person: str) -> None:
        pot = f"{person}/pot"
        outcome = self.ask(changing(self.next(), "close", account(pot), person)).outcome
        if pot not in self.model.posted:
            assert outcome is Outcome.UNKNOWN_ACCOUNT
        elif pot in self.model.closed or self.model.posted[pot]:
            wanted = Outcome.ACCOUNT_CLOSED if pot in self.model.closed else Outcome.ACCOUNT_NOT_EMPTY
            assert outcome is wanted
        else:
            assert outcome is Outcome.CLOSED
            self.model.closed.add(pot)

    @precondition(lambda self: self.number % 5 == 4)
    @rule(person=PERSON)
    def freeze_or_unfreeze(self, person: str) -> None:
        frozen = self.model.frozen
        act = "unfreeze" if person in frozen else "freeze"
        answer = self.ask(changing(self.next(), act, account(person), "root", role="support"))
        assert answer.outcome is (Outcome.UNFROZEN if act == "unfreeze" else Outcome.FROZEN)
        frozen.symmetric_difference_update({person})

    @rule(person=PERSON, names=st.sets(st.sampled_from(sorted(LIMITS))), less=st.booleans())
    def set_limits(self, person: str, names: set[str], less: bool) -> None:
        limits = {name: LIMITS[name] // (2 if less else 1) for name in sorted(names)}
        assert self.ask(limiting(100 + self.next(), account(person), **limits)).outcome is Outcome.LIMITS_CHANGED
        self.model.limits[person] = limits

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), other_body=st.booleans())
    def ask_again(self, data: st.DataObject, other_body: bool) -> None:
        command, answer = data.draw(st.sampled_from(self.asked))
        again = replace(command, id=an_id(900_000 + self.next()))
        if other_body:
            assert self.ask(replace(again, fingerprint="another")).outcome is Outcome.KEY_REUSED
        else:
            found = self.ask(again)
            assert (found.outcome, found.body, found.replayed) == (answer.outcome, answer.body, True)

    @rule(hours=st.sampled_from((0.01, 0.5, 1, 13, 24)))
    def time_passes(self, hours: float) -> None:
        self.model.now += timedelta(hours=hours)

    @invariant()
    def the_ledger_is_what_the_model_says(self) -> None:
        accounts, model = self.accounts(), self.model
        for name in model.posted if accounts else ():
            found = accounts[account(name)]
            expected = (model.posted[name], model.held_from(name), model.held_for(name))
            assert (found.posted, found.pending_out, found.pending_in) == expected
            assert found.available >= 0 or name == WORLD
            today = found.spent if found.day == rfc3339(model.now)[:10] else 0
            assert today == (0 if "/" in name else model.spent_today(name))
        assert sum(found.posted for found in accounts.values()) == 0

    def ask(self, command: Any) -> Answer:
        """Ask, and remember what has a key that was used."""
        answer = self.ask_all([command], self.model.now)[0]
        has_body = not isinstance(command, PostTransfer) or not command.dry_run
        if has_body and "payees" in answer.body and not answer.replayed and command.key.startswith("user-"):
            self.asked.append((command, answer))
        return answer

    def try_out(self, command: PostTransfer) -> Answer:
        """A dry run, which changes nothing."""
        before = self.accounts()
        answer = self.ask(replace(command, dry_run=True))
        assert self.accounts() == before
        return answer

    def agreed(self, answer: Answer, wanted: Outcome, reason: str | None) -> bool:
        """Whether it was done; the ledger must say the same as the model, and why."""
        assert (answer.outcome, answer.body.get("reason")) == ((Outcome.REJECTED if reason else wanted), reason)
        return reason is None

    def parts(self, payer: str, payees: list[str], amount: int) -> dict[str, int]:
        """Different amounts for payees other than the payer."""
        others = [person for person in payees if person != payer] or [PEOPLE[PEOPLE.index(payer) - 1]]
        return {payee: amount + number for number, payee in enumerate(others)}

    def next(self) -> int:
        self.number += 1
        return self.number

    def some(self, data: st.DataObject, status: str) -> tuple[str, Deal]:
        """A deal, mostly one of `status` where there is any."""
        known = self.model.deals
        likely = sorted(id for id, deal in known.items() if deal.status == status)
        any_of_them = data.draw(st.integers(min_value=0, max_value=4)) == 0 or not likely
        id = data.draw(st.sampled_from(sorted(known) if any_of_them else likely))
        return id, known[id]


def account(name: str) -> str:
    """The id of the account that the tests' builders open for `ann`, `ann/pot` or the world."""
    person, _, purpose = name.partition("/")
    return world_account_id("EUR") if name == WORLD else f"account-{person}-EUR" + (f"-{purpose}" if purpose else "")


def own_move(number: int, person: str, payer: str, payee: str, amount: int) -> PostTransfer:
    """From one account of a person's to another."""
    return replace(splitting(number, person, {}), payees=(Payee(amount, account=payee),), payer_account=payer)
