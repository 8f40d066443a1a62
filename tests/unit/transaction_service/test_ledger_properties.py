"""What holds for every history: money is conserved, nobody overdraws, batches don't matter."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from contracts.codec import codec_for
from tests.unit.transaction_service.ledgers import a_ledger, paying
from transaction_service.domain.account import WORLD

PEOPLE = ("ann", "bob", "cem", "dee")
PAYMENTS = st.lists(
    st.tuples(
        st.sampled_from(PEOPLE),
        st.sampled_from((*PEOPLE, "nobody")),
        st.integers(min_value=1, max_value=150_000),
        st.integers(min_value=0, max_value=12),
    ),
    max_size=40,
)


def commands(payments):
    return [
        paying(number, payer, payee, amount, key=str(key))
        for number, (payer, payee, amount, key) in enumerate(payments, 1_000)
    ]


@given(PAYMENTS)
def test_no_history_creates_money_or_overdraws_anybody(payments):
    ledger = a_ledger(*PEOPLE)
    ledger.decide(*commands(payments))
    assert sum(account.posted for account in ledger.accounts.values()) == 0
    assert all(account.posted >= 0 for account in ledger.accounts.values() if account.origin != WORLD)


@given(PAYMENTS, st.integers(min_value=1, max_value=7))
def test_how_commands_are_batched_makes_no_difference(payments, size):
    at_once, in_parts = a_ledger(*PEOPLE), a_ledger(*PEOPLE)
    asked = commands(payments)
    at_once.decide(*asked)
    for start in range(0, len(asked), size):
        in_parts.decide(*asked[start : start + size])
    assert in_parts.records == at_once.records
    assert in_parts.accounts == at_once.accounts


@given(PAYMENTS)
def test_asking_everything_again_changes_nothing(payments):
    ledger = a_ledger(*PEOPLE)
    asked = commands(payments)
    first = ledger.decide(*asked)
    second = ledger.decide(*asked)
    assert second.records == []
    assert [answer.body for answer in second.answers] == [answer.body for answer in first.answers]


@given(PAYMENTS)
def test_positions_are_gapless_and_every_event_obeys_the_contract(payments):
    ledger = a_ledger(*PEOPLE)
    ledger.decide(*commands(payments))
    assert [record.position for record in ledger.records] == list(range(1, len(ledger.records) + 1))
    for record in ledger.records:
        codec_for("transactions").encode(record.event)
