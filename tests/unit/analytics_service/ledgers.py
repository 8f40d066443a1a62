"""The ledger as the reconciliation asks it, over records in memory."""

from __future__ import annotations

from collections.abc import Sequence

from analytics_service.ledger_api import figures_told
from analytics_service.ports import LedgerAway, Stretch
from tests.unit.transaction_service.stretches import stretch_of
from transaction_service.domain import Record


class LedgerInMemory:
    """Answers as transaction_service does; `away` makes it silent, `asked` are the stretches that were asked for."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = list(records)
        self.away = False
        self.asked: list[tuple[int, int]] = []

    def stretch(self, after: int, upto: int) -> Stretch:
        if self.away:
            raise LedgerAway("the ledger does not answer")
        self.asked.append((after, upto))
        found = stretch_of([record for record in self.records if after < record.position <= upto])
        body = {"records": found.records, "totals": found.totals, "accounts": found.accounts}
        return Stretch(figures_told(body), len(self.records))
