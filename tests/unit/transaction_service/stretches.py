"""A stretch of the journal added up in plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from transaction_service.domain import Outcome, Record
from transaction_service.storage.stretches import Stretch

POSTED = {Outcome.POSTED, Outcome.CAPTURED, Outcome.REFUNDED}


def stretch_of(records: Sequence[Record]) -> Stretch:
    """The figures of these records, which follow on one another."""
    transfers: Counter[tuple[str, ...]] = Counter()
    amounts: Counter[tuple[str, ...]] = Counter()
    accounts: dict[str, dict[str, object]] = {}
    for record in records:
        body, outcome = record.answer.body, record.answer.outcome
        if "payees" in body:
            status = "posted" if outcome in POSTED else str(outcome)
            group = (f"{record.at:%Y-%m-%d}", body["currency"], body["type"], status)
            transfers[group] += 1
            amounts[group] += sum(entry.amount for entry in record.entries if entry.amount > 0)
        for entry in record.entries:
            known = accounts.get(entry.account, {"entries": 0, "amount": 0})
            accounts[entry.account] = {
                "account": entry.account,
                "currency": body["currency"],
                "entries": known["entries"] + 1,
                "amount": known["amount"] + entry.amount,
                "balance": entry.balance_after,
            }
    names = ("day", "currency", "type", "status")
    totals = [
        {**dict(zip(names, group, strict=True)), "transfers": count, "amount": amounts[group]}
        for group, count in sorted(transfers.items())
    ]
    return Stretch(len(records), totals, [account for _, account in sorted(accounts.items())])
