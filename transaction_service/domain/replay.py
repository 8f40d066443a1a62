"""The journal read again from its first record: proof that nothing is missing, altered or made up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from contracts.ledger_chain import GENESIS_HASH, WORLD, entry_hash
from transaction_service.domain.account import Account

MOST_FINDINGS = 100


@dataclass(frozen=True, slots=True)
class Folded:
    """An account as its entries say it must be."""

    balance: int = 0
    seq: int = 0
    last_hash: str = GENESIS_HASH


@dataclass
class Replay:
    """Folds journal records in order and lists what is wrong; `findings` stays empty on a sound ledger.

    A record is a mapping with `position`, `transfer_id` and `entries` (account, seq, amount, balance_after, hash).
    """

    position: int = 0
    accounts: dict[str, Folded] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    problems: Counter[str] = field(default_factory=Counter)

    def accept(self, position: int, transfer_id: str, entries: Iterable[dict[str, Any]]) -> None:
        """Take the next record."""
        if position != self.position + 1:
            self._find("gap", f"after position {self.position} comes {position}")
        self.position = position
        total = 0
        for entry in entries:
            total += entry["amount"]
            self._fold(position, transfer_id, entry)
        if total != 0:
            self._find("unbalanced", f"the entries of position {position} sum to {total}")

    def compare(self, accounts: Iterable[Account]) -> dict[str, int]:
        """Hold the projection against the folded journal; returns the sum of all balances per currency."""
        totals: Counter[str] = Counter()
        seen: set[str] = set()
        for account in accounts:
            seen.add(account.id)
            totals[account.currency] += account.posted
            expected = self.accounts.get(account.id, Folded())
            if (account.posted, account.seq, account.last_hash) != (expected.balance, expected.seq, expected.last_hash):
                self._find("drift", f"account {account.id} holds {account.posted}, its entries say {expected.balance}")
            if account.posted < 0 and account.origin != WORLD:
                self._find("negative", f"account {account.id} is at {account.posted}")
        for missing in self.accounts.keys() - seen:
            self._find("drift", f"account {missing} has entries and does not exist")
        for currency, total in totals.items():
            if total != 0:
                self._find("money_created", f"all accounts in {currency} sum to {total}")
        return dict(totals)

    def _fold(self, position: int, transfer_id: str, entry: dict[str, Any]) -> None:
        before = self.accounts.get(entry["account"], Folded())
        seq, balance = before.seq + 1, before.balance + entry["amount"]
        digest = entry_hash(before.last_hash, entry["account"], seq, entry["amount"], balance, transfer_id, position)
        if (entry["seq"], entry["balance_after"], entry["hash"]) != (seq, balance, digest):
            self._find(
                "chain", f"entry {entry['seq']} of account {entry['account']} at position {position} is not as booked"
            )
        self.accounts[entry["account"]] = Folded(balance, seq, digest)

    def _find(self, problem: str, text: str) -> None:
        self.problems[problem] += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(text)
