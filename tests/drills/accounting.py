"""From the sender's book and the journal: what was lost, what was doubled, how long nothing was accepted. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from bench.load.book import Entry, of_outcome
from bench.platform import JournalRecord


def posted_ids(journal: Iterable[JournalRecord], payers: Collection[str]) -> list[str]:
    """The payments that these accounts made, in order of the journal."""
    return [r.transfer_id for r in journal if r.kind == "transfer.posted" and r.payer_account in payers]


def lost(book: Sequence[Entry], posted: Sequence[str]) -> int:
    """Transfers that were answered 201 and are not in the journal."""
    return len({entry.transfer_id for entry in of_outcome(book, "accepted")} - set(posted))


def doubled(book: Sequence[Entry], posted: Sequence[str]) -> int:
    """Postings beyond one for each key: the same transfer again, or another one that nobody was told of.

    A key without a decision may have one posting too; that it stayed undecided is a finding of its own.
    """
    accepted = {entry.transfer_id for entry in of_outcome(book, "accepted")}
    undecided = sum(1 for _ in of_outcome(book, "unsettled"))
    times = Counter(posted)
    untold = sum(1 for transfer in times if transfer not in accepted)
    return sum(n - 1 for n in times.values()) + max(0, untold - undecided)


def longest_silence(book: Sequence[Entry], since: float) -> float | None:
    """Seconds of the longest time after `since` (epoch) in which nothing was accepted; None when nothing ever was.

    The first answers after a fault may have been on their way already, so the first of them proves no recovery.
    """
    moments = sorted(entry.decided_at for entry in of_outcome(book, "accepted") if entry.decided_at > since)
    gaps = [after - before for before, after in zip([since, *moments], moments, strict=False)]
    return round(max(gaps), 2) if gaps else None
