"""A history that one ledger can have told is taken; what is wrong with any other one is counted by its kind."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.records import JournalRecord
from tests.drills.history_check import NEVER, Payment, Read, verdict

A, B, C = "acc-a", "acc-b", "acc-c"
OPENING = {A: 1_000, B: 1_000, C: 1_000}


def posted(position: int, payer: str, payee: str, amount: int) -> JournalRecord:
    moves = {payer: -amount, payee: amount}
    return JournalRecord(
        position, "transfer.posted", "e", f"t-{position}", "payment", payer, parts=(amount,), moves=moves
    )


def wrong(payments: list[Payment], reads: list[Read], journal: list[JournalRecord]) -> set[str]:
    """The kinds of what cannot have been."""
    found = vars(verdict(payments, reads, journal, OPENING))
    return {name for name, count in found.items() if count} - {"accepted", "rejected", "unknown", "reads"}


FIRST = Payment(A, B, 10, invoked=1, completed=2, position=1)
SECOND = Payment(B, C, 20, invoked=3, completed=4, position=2)
JOURNAL = [posted(1, A, B, 10), posted(2, B, C, 20)]


def test_what_was_told_in_the_journals_order_is_right() -> None:
    reads = [Read(A, 1_000, 0, 1.5), Read(B, 1_010, 2, 3.5), Read(B, 990, 2.5, 4)]
    assert wrong([FIRST, SECOND], reads, JOURNAL) == set()


@pytest.mark.parametrize(
    ("read", "why"),
    [
        (Read(A, 1_000, 2.5, 3), "stale after the payment was answered"),
        (Read(C, 980, 0, 9), "never its balance"),
        (Read(B, 1_000, 2.1, 2.2), "of a moment before the read"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_balance_that_the_account_did_not_have_meanwhile_is_impossible(read: Read, why: str) -> None:
    assert wrong([FIRST, SECOND], [read], JOURNAL) == {"impossible_reads"}, why


def test_nobody_reads_an_older_balance_than_somebody_has_read_before() -> None:
    long = replace(FIRST, completed=9)
    newer, older = Read(A, 990, 2, 3), Read(A, 1_000, 4, 5)
    assert wrong([long], [older], JOURNAL[:1]) == set()
    assert wrong([long], [newer, older], JOURNAL[:1]) == {"impossible_reads"}


def test_nobody_reads_what_was_not_asked_for_yet() -> None:
    assert wrong([FIRST], [Read(A, 990, 0, 0.5)], JOURNAL[:1]) == {"out_of_order"}


def test_a_payment_that_had_ended_comes_before_one_that_began_later() -> None:
    swapped = [posted(1, B, C, 20), posted(2, A, B, 10)]
    payments = [replace(FIRST, position=2), replace(SECOND, position=1)]
    assert wrong(payments, [], swapped) == {"out_of_order"}
    assert wrong([replace(payments[0], completed=3.5), payments[1]], [], swapped) == set()


def test_an_accepted_payment_is_where_its_answer_said() -> None:
    assert "lost" in wrong([FIRST, SECOND], [], JOURNAL[1:])
    assert "lost" in wrong([replace(FIRST, payee=C), SECOND], [], JOURNAL)


def test_no_payment_is_posted_twice() -> None:
    assert "doubled" in wrong([FIRST, SECOND], [], [*JOURNAL, posted(3, A, B, 10)])


def test_what_nobody_was_told_of_may_be_posted_and_may_not() -> None:
    unknown = Payment(A, B, 30, invoked=5)
    assert wrong([FIRST, SECOND, unknown], [], JOURNAL) == set()
    assert wrong([FIRST, SECOND, unknown], [Read(A, 960, 6, 7)], [*JOURNAL, posted(3, A, B, 30)]) == set()


def test_what_was_rejected_or_never_asked_for_is_not_posted() -> None:
    refused = Payment(A, B, 30, invoked=5, completed=6, position=3, code="insufficient_funds")
    assert "nobodys" in wrong([FIRST, SECOND, refused], [], [*JOURNAL, posted(4, A, B, 30)])
    assert "nobodys" in wrong([FIRST, SECOND], [], [*JOURNAL, posted(4, A, B, 30)])


def test_a_payment_is_rejected_for_want_of_money_only_where_it_lacks() -> None:
    refused = Payment(A, B, 990, invoked=5, completed=6, position=3, code="insufficient_funds")
    assert wrong([FIRST, SECOND, refused], [], JOURNAL) == {"wrongly_rejected"}
    assert wrong([FIRST, SECOND, replace(refused, amount=991)], [], JOURNAL) == set()


def test_money_that_comes_from_nowhere_is_counted() -> None:
    created = replace(JOURNAL[0], moves={A: -10, B: 11})
    assert "money_created" in wrong([FIRST], [], [created])


@given(st.integers(min_value=0, max_value=2**32))
def test_whatever_one_ledger_tells_concurrent_clients_is_right(seed: int) -> None:
    """Each operation takes effect at a moment between its invocation and its completion."""
    chance = random.Random(seed)
    balances, journal = dict(OPENING), []
    payments: list[Payment] = []
    reads: list[Read] = []
    for moment in range(1, 40):
        invoked, completed = moment - chance.random() * 5, moment + chance.random() * 5
        payer, payee = chance.sample(sorted(OPENING), 2)
        if chance.random() < 0.4:
            reads.append(Read(payer, balances[payer], invoked, completed))
            continue
        amount, position = moment * 13, len(journal) + 1
        if amount > balances[payer]:
            journal.append(JournalRecord(position, "transfer.rejected", "e"))
            payments.append(Payment(payer, payee, amount, invoked, completed, position, "insufficient_funds"))
            continue
        balances[payer] -= amount
        balances[payee] += amount
        journal.append(posted(position, payer, payee, amount))
        told = (NEVER, None) if chance.random() < 0.1 else (completed, position)
        payments.append(Payment(payer, payee, amount, invoked, *told))
    assert wrong(payments, reads, journal) == set()
