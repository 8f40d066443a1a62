"""What the consumers made of the journal, compared with it: the notifications in the inboxes, the rows of the lake."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from bench.records import JournalRecord, LakeRow, Notice

Told = Counter[tuple[str, str]]


class Notifications:
    """Who was told of which position as what, and how often. `inboxes`: by username."""

    def __init__(self, inboxes: Mapping[str, Sequence[Notice]]) -> None:
        self._told: defaultdict[int, Told] = defaultdict(Counter)
        for username, notices in inboxes.items():
            for notice in notices:
                self._told[notice.position][username, notice.kind] += 1

    def told_once(self, record: JournalRecord) -> bool:
        """Everybody whom it concerns, as what they should be told, and nobody else."""
        return self._told[record.position] == _due(record)

    def disagreements(self, own: Sequence[JournalRecord], journal: Sequence[JournalRecord]) -> Iterator[str]:
        """About the run's `own` records; `journal` also has those that others made."""
        missing = [(r.position, *who) for r in own for who in (_due(r) - self._told[r.position]).elements()]
        surplus = [(r.position, *who) for r in own for who in (self._told[r.position] - _due(r)).elements()]
        known = {record.position: record.transfer_id for record in journal}
        unknown = [(position, *who) for position in self._told.keys() - known.keys() for who in self._told[position]]
        for found, what in (
            (missing, "notifications are missing"),
            (surplus, "notifications are more than were due"),
            (unknown, "notifications tell of positions that the journal does not hold"),
        ):
            if found:
                position, username, kind = found[0]
                yield (
                    f"{len(found)} {what}, such as {kind} for {username} of position {position}, transfer "
                    f"{known.get(position)}: see its journey, and `make logs NAME=notification-consumer`"
                )


def _due(record: JournalRecord) -> Told:
    return Counter(record.told.items())


class Lake:
    """Which positions are in the lake, and how. `accounts`: the positions there of what was done about accounts;
    `stored`: how many rows the files have, one for each position."""

    def __init__(self, rows: Sequence[LakeRow], accounts: Collection[int], stored: int) -> None:
        self._rows: defaultdict[int, list[LakeRow]] = defaultdict(list)
        self._accounts = accounts
        self._stored = stored
        for row in rows:
            self._rows[row.position].append(row)

    def holds_once(self, record: JournalRecord) -> bool:
        """As the journal has it: the same transfer and status, and a row with the same amount for each payee."""
        if not record.transfer_id:
            return record.position in self._accounts
        return Counter(self._rows[record.position]) == Counter(_rows(record))

    def disagreements(self, journal: Sequence[JournalRecord]) -> Iterator[str]:
        """One sentence for each kind of difference."""
        wrong = [record.position for record in journal if not self.holds_once(record)]
        missing = [position for position in wrong if not self._rows[position]]
        known = {record.position: len(record.parts) for record in journal if record.transfer_id}
        twice = [position for position in wrong if len(self._rows[position]) > known.get(position, 0)]
        other = [position for position in wrong if 0 < len(self._rows[position]) <= known.get(position, 0)]
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


def _rows(record: JournalRecord) -> list[LakeRow]:
    return [LakeRow(record.position, record.transfer_id, record.status, amount) for amount in record.parts]
