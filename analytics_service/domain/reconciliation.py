"""What the ledger and the reports say of the same stretch of the journal, and where they differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

KINDS = ("records", "totals", "account")
"""Of breaks: how many records there are; the totals of a day, currency, type and status; an account."""
BREAKS_KEPT = 100
"""Of one interval. Where a whole file is missing there are thousands, and nobody reads them."""


class Group(NamedTuple):
    """What totals are of; `day` is of UTC, YYYY-MM-DD."""

    day: str
    currency: str
    type: str
    status: str


class Totals(NamedTuple):
    """`amount` is what was moved, in minor units; what isn't posted moves nothing."""

    transfers: int
    amount: int


class Moved(NamedTuple):
    """An account's entries in a stretch: how many, their sum, and the balance after the last. Minor units."""

    entries: int
    amount: int
    balance: int


Account = tuple[str, str]
"""Currency and id."""


@dataclass(frozen=True)
class Figures:
    """What one side says of a stretch."""

    records: int
    totals: Mapping[Group, Totals]
    accounts: Mapping[Account, Moved]

    def then(self, later: Figures) -> Figures:
        """Of this stretch and the one that follows on it."""
        totals = dict(self.totals)
        for group, more in later.totals.items():
            known = totals.get(group, Totals(0, 0))
            totals[group] = Totals(known.transfers + more.transfers, known.amount + more.amount)
        accounts = dict(self.accounts)
        for account, moved in later.accounts.items():
            before = accounts.get(account, Moved(0, 0, 0))
            accounts[account] = Moved(before.entries + moved.entries, before.amount + moved.amount, moved.balance)
        return Figures(self.records + later.records, totals, accounts)

    def totals_from(self, day: str) -> Figures:
        """Only the totals, of that day and later: the rest can't be told apart by days."""
        return Figures(0, {group: total for group, total in self.totals.items() if group.day >= day}, {})


NOTHING = Figures(0, {}, {})


class Kept(NamedTuple):
    """What the lake keeps: the positions above `after`, and of those below only what is of `day` or later."""

    after: int
    day: str

    def of(self, figures: Figures, after: int) -> Figures:
        """What is to be found in the lake of the ledger's figures of a stretch above `after`."""
        return figures if after >= self.after else figures.totals_from(self.day)


@dataclass(frozen=True)
class Break:
    """One figure that differs. `ledger` and `reports` are what each says; None where it knows of no such thing.

    `what` names the figure: records, transfers, entries, amount or balance. The rest says of what it is.
    """

    kind: str
    what: str
    ledger: int | None
    reports: int | None
    day: str | None = None
    currency: str | None = None
    type: str | None = None
    status: str | None = None
    account: str | None = None


@dataclass(frozen=True)
class Interval:
    """A closed stretch of the journal, above `after` and up to `upto`, held against the ledger at `checked_at`.

    `broken_since` is when it was first found to differ; None while it doesn't. `breaks` are the first BREAKS_KEPT of
    `counts`, which says how many there are by kind.
    """

    after: int
    upto: int
    checked_at: datetime
    counts: Mapping[str, int]
    breaks: tuple[Break, ...] = ()
    broken_since: datetime | None = None

    @property
    def agrees(self) -> bool:
        """Whether there is no break in it."""
        return not any(self.counts.values())


def held_against(
    after: int, upto: int, ledger: Figures, reports: Figures, now: datetime, since: datetime | None
) -> Interval:
    """The interval as it is found `now`; `since` is when it was first found to differ, if it did the last time."""
    found = list(breaks_between(ledger, reports))
    counts = {kind: sum(each.kind == kind for each in found) for kind in KINDS}
    looked_at = Interval(after, upto, now, counts, tuple(found[:BREAKS_KEPT]))
    return looked_at if looked_at.agrees else replace(looked_at, broken_since=since or now)


def breaks_between(ledger: Figures, reports: Figures) -> Iterator[Break]:
    """Every figure that differs, in the order of days and accounts."""
    if ledger.records != reports.records:
        yield Break("records", "records", ledger.records, reports.records)
    for group in sorted(ledger.totals.keys() | reports.totals.keys()):
        theirs, ours = ledger.totals.get(group), reports.totals.get(group)
        for what, there, here in _differing(Totals._fields, theirs, ours):
            yield Break("totals", what, there, here, **group._asdict())
    for currency, account in sorted(ledger.accounts.keys() | reports.accounts.keys()):
        moved, shown = ledger.accounts.get((currency, account)), reports.accounts.get((currency, account))
        for what, there, here in _differing(Moved._fields, moved, shown):
            yield Break("account", what, there, here, currency=currency, account=account)


def _differing(
    names: Iterable[str], theirs: tuple[int, ...] | None, ours: tuple[int, ...] | None
) -> Iterator[tuple[str, int | None, int | None]]:
    for number, name in enumerate(names):
        there = None if theirs is None else theirs[number]
        here = None if ours is None else ours[number]
        if there != here:
            yield name, there, here
