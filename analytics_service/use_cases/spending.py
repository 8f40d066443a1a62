"""One person's money: by month, with whom, the biggest payments, and the balance of the account they use most."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from analytics_service.domain.covered import Watermark
from analytics_service.domain.rows import Row
from analytics_service.filters import PAYMENT, Selection
from analytics_service.reports import REPORTS
from analytics_service.use_cases.reports import Reports
from service_kit.clock import Clock

MONTHS = 12
BIGGEST = 10
WITH = 20


@dataclass(frozen=True)
class Spent:
    """`figures` by the reports' names; `biggest`: rows of payments out; `statement`: of `account`, the busiest."""

    selection: Selection
    beginning: datetime
    figures: Mapping[str, Sequence[Row]]
    complete_upto: Watermark
    account: Row | None
    statement: Sequence[Row]
    biggest: Sequence[Row]


class Spending:
    """What a person paid and got in the last months."""

    def __init__(self, reports: Reports, clock: Clock) -> None:
        self._reports = reports
        self._now = clock.now

    def of(self, user_id: str, zone: str) -> Spent:
        """Of the last MONTHS months of the zone's calendar, this one among them."""
        beginning = self._beginning(zone)
        selection = Selection(user_id=user_id, zone=zone, from_=beginning)
        wanted = [REPORTS[name] for name in ("per_month", "counterparties", "accounts", "outcomes")]
        answer = self._reports.answer(wanted, selection, WITH)
        account = max(answer.figures["accounts"], key=lambda row: row["amount_in"] + row["amount_out"], default=None)
        statement: Sequence[Row] = ()
        if account is not None:
            of_account = replace(selection, account=account["account"])
            statement = self._reports.answer([REPORTS["statement"]], of_account).figures["statement"]
        return Spent(
            selection,
            beginning,
            answer.figures,
            answer.complete_upto,
            account,
            statement,
            self._biggest(selection, account),
        )

    def _biggest(self, selection: Selection, account: Row | None) -> list[Row]:
        """In the currency of the account that is used most: others can't be compared with it."""
        if account is None:
            return []
        asked = replace(selection, type=(PAYMENT,), status=("posted",), currency=(account["currency"],))
        _watermark, batches = self._reports.batches(asked)
        out = (row for batch in batches for row in batch.to_pylist() if row["direction"] == "out")
        return heapq.nlargest(BIGGEST, out, key=lambda row: (row["amount"], row["position"]))

    def _beginning(self, zone: str) -> datetime:
        day = self._now().astimezone(ZoneInfo(zone)).date().replace(day=1)
        for _ in range(MONTHS - 1):
            day = (day - timedelta(days=1)).replace(day=1)
        return datetime.combine(day, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
