"""What the consumers made of the journal, compared with it: the notifications in the inboxes, the rows of the lake."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from bench.records import JournalRecord, LakeRow, Notice

Told = Counter[tuple[str, str]]


class Notifications:
    """Who was told of which transfer as what, and how often. `inboxes`: by username."""

    def __init__(self, inboxes: Mapping[str, Sequence[Notice]]) -> None:
        self._told: defaultdict[str, Told] = defaultdict(Counter)
        for username, notices in inboxes.items():
            for notice in notices:
                self._told[notice.transfer_id][username, notice.kind] += 1

    def told_once(self, payment: JournalRecord) -> bool:
        """Each side of a posted payment once, the payer of a rejected one once, and nobody else."""
        return self._told[payment.transfer_id] == _due(payment)

    def disagreements(self, payments: Sequence[JournalRecord], journal: Sequence[JournalRecord]) -> Iterator[str]:
        """About the run's own `payments`; `journal` also has those that others made."""
        missing = [(p.transfer_id, *who) for p in payments for who in (_due(p) - self._told[p.transfer_id]).elements()]
        surplus = [(p.transfer_id, *who) for p in payments for who in (self._told[p.transfer_id] - _due(p)).elements()]
        known = {record.transfer_id for record in journal}
        unknown = [(id, *who) for id in self._told.keys() - known for who in self._told[id]]
        for found, what in (
            (missing, "notifications are missing"),
            (surplus, "notifications are more than were due"),
            (unknown, "notifications tell of transfers that the journal does not hold"),
        ):
            if found:
                transfer, username, kind = found[0]
                yield (
                    f"{len(found)} {what}, such as {kind} for {username} about {transfer}: "
                    "see its journey, and `make logs NAME=notification-consumer`"
                )


def _due(payment: JournalRecord) -> Told:
    if payment.kind == "transfer.rejected":
        return Counter([(payment.payer, "transfer.rejected")])
    return Counter([(payment.payer, "transfer.sent"), (payment.payee, "transfer.received")])


class Lake:
    """Which positions are in the lake, and how. `accounts`: the positions of opened accounts that are there; `stored`:
    how many rows the files have for all of them."""

    def __init__(self, rows: Sequence[LakeRow], accounts: Collection[int], stored: int) -> None:
        self._rows: defaultdict[int, list[LakeRow]] = defaultdict(list)
        self._accounts = accounts
        self._stored = stored
        for row in rows:
            self._rows[row.position].append(row)

    def holds_once(self, record: JournalRecord) -> bool:
        """As the journal has it: the same transfer, status and amount."""
        if not record.transfer_id:
            return record.position in self._accounts
        return self._rows[record.position] == [_row(record)]

    def disagreements(self, journal: Sequence[JournalRecord]) -> Iterator[str]:
        """One sentence for each kind of difference."""
        wrong = [record.position for record in journal if not self.holds_once(record)]
        missing = [position for position in wrong if not self._rows[position]]
        twice = [position for position in wrong if len(self._rows[position]) > 1]
        other = [position for position in wrong if len(self._rows[position]) == 1]
        known = {record.position for record in journal if record.transfer_id}
        unknown = [position for position, rows in self._rows.items() if rows and position not in known]
        if self._stored != len(journal):
            yield f"the lake's files have {self._stored} rows for {len(journal)} positions: see its /v1/lake/coverage"
        for positions, what in (
            (missing, "positions are not in the lake"),
            (twice, "positions are in the lake more than once"),
            (other, "positions are in the lake with another transfer, status or amount"),
            (unknown, "positions of the lake are no transfers of the journal"),
        ):
            if positions:
                yield f"{len(positions)} {what}, such as {min(positions)}: see `make logs NAME=analytics-ingester`"


def _row(record: JournalRecord) -> LakeRow:
    return LakeRow(record.position, record.transfer_id, record.kind.removeprefix("transfer."), record.amount)
