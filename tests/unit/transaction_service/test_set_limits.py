"""The command that sets limits."""

from __future__ import annotations

from itertools import count

import pytest

from tests.unit.transaction_service.fronts import LedgerInMemory
from tests.unit.transaction_service.ledgers import a_ledger, an_id, paying
from transaction_service.domain import Account
from transaction_service.set_limits import parsed, set_limits

NUMBERS = count(900)
AUDIT = ["--currency", "EUR", "--reason", "house purchase", "--by", "sue"]


class Accounts:
    """Main accounts of the ledger in memory."""

    def __init__(self, memory: LedgerInMemory) -> None:
        self._accounts = memory.book.accounts

    def main_account(self, username: str, currency: str) -> Account | None:
        return self._accounts.get(f"account-{username}-{currency}")


@pytest.fixture
def memory() -> LedgerInMemory:
    return LedgerInMemory(a_ledger("ann", "bob"))


def run(memory, *arguments):
    return set_limits(parsed([*arguments, *AUDIT]), Accounts(memory), memory, lambda: an_id(next(NUMBERS)))


def test_limits_are_set_for_each_user_with_who_and_why_in_the_journal(memory):
    results = run(memory, "ann", "bob", "--per-day", "20000.00", "--per-minute", "5")
    assert results == {"ann": "changed at position 6", "bob": "changed at position 7"}
    assert memory.book.account("ann").limits == {"per_day": 2_000_000, "per_minute": 5}
    record = memory.book.records[-1]
    assert (record.actor["id"], record.answer.body["reason"]) == ("sue", "house purchase")
    assert record.event["type"] == "account.limits_changed"


def test_they_hold_for_the_next_transfer(memory):
    run(memory, "ann", "--per-transfer", "10")
    assert memory.book.ask(paying(1, "ann", "bob", 1_001)).body["limit"] == "per_transfer"


def test_they_can_be_taken_back(memory):
    run(memory, "ann", "--per-day", "1")
    run(memory, "ann", "--as-role")
    assert memory.book.account("ann").limits is None


def test_who_is_not_known_is_named_and_the_others_are_set(memory):
    results = run(memory, "nobody", "ann", "--per-day", "1")
    assert (results["nobody"], results["ann"][:7]) == ("has no account in EUR", "changed")


def test_a_ledger_that_does_not_answer_is_no_success(memory):
    memory.away = True
    assert run(memory, "ann", "--per-day", "1")["ann"].startswith("is not known to have been changed")


@pytest.mark.parametrize(
    "arguments",
    [
        ["ann"],
        ["ann", "--per-day", "0"],
        ["ann", "--per-day", "-5"],
        ["ann", "--per-day", "1,000.00"],
        ["ann", "--per-day", "1.005"],
        ["ann", "--per-minute", "0"],
        ["ann", "--per-day", "1", "--as-role"],
        ["--per-day", "1"],
    ],
)
def test_a_command_line_that_makes_no_sense_changes_nothing(memory, arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        run(memory, *arguments)
    assert stopped.value.code == 2
    assert capsys.readouterr().err
