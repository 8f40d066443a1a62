"""The demo's proof: what the sender was told, what every service holds and what Kafka carries, side by side.

Only `accepted` comes from the sender's memory; everything that it is compared with is read back. Counts are those of
one run: of the journal's positions after the one where the run began.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bench.load.book import Entry, of_outcome
from bench.records import JournalRecord
from stack.downstream import Lake, Notifications
from stack.evidence import Evidence


@dataclass(frozen=True)
class Proof:
    """As written to proof.json. What was `accepted` was posted at once, held, scheduled, captured, voided or refunded;
    what the platform did `unasked` comes besides. `published` and `in_lake` count this run's positions, also of others'
    transfers and of accounts; `topic_events`: all events on the topic, for whoever counts them with another tool;
    `disagreements`: one sentence for each thing that is wrong."""

    accepted: int
    posted: int
    held: int
    scheduled: int
    captured: int
    voided: int
    refunded: int
    unasked: int
    rejected: int
    replayed: int
    refused: int
    published: int
    published_twice: int
    notified_exactly_once: int
    rejections_notified_once: int
    in_lake: int
    money_created: int
    seconds: float
    journal_from: int
    journal_head: int
    topic_events: int
    agrees: bool
    disagreements: list[str] = field(default_factory=list)


def prove(book: Sequence[Entry], evidence: Evidence, seconds: float) -> Proof:
    """Compare the sender's book with what the services and the topic say."""
    own = [record for record in evidence.journal if record.payer_account in evidence.payers]
    asked = [record for record in own if not record.unasked]
    accepted = [record for record in asked if record.status != "rejected"]
    rejected = [record for record in asked if record.status == "rejected"]
    run_positions = range(evidence.began_at + 1, evidence.head + 1)
    created = sum(abs(total) for total in evidence.totals.values())
    notifications = Notifications(evidence.inboxes)
    lake = Lake(evidence.rows, evidence.accounts_in_lake, evidence.rows_stored)
    disagreements = [
        *_sender_against_journal(book, asked),
        *_journal_is_gapless(evidence.journal, run_positions),
        *_histories_hold_each_once(book, evidence.histories),
        *_topic_holds_each_once(evidence.on_topic, run_positions),
        *notifications.disagreements(own, evidence.journal),
        *lake.disagreements(evidence.journal),
        *_sender_saw_no_fault(book),
    ]
    if created:
        disagreements.append(f"the accounts' sums should be 0 and are {dict(evidence.totals)}")
    return Proof(
        accepted=sum(len(entry.told) for entry in of_outcome(book, "accepted")),
        **_by_kind(accepted),
        unasked=len(own) - len(asked),
        rejected=len(rejected),
        replayed=_replayed(book, evidence.histories),
        refused=sum(1 for _ in of_outcome(book, "refused")),
        published=sum(1 for position in run_positions if evidence.on_topic[position]),
        published_twice=sum(1 for times in evidence.on_topic.values() if times > 1),
        notified_exactly_once=sum(map(notifications.told_once, accepted)),
        rejections_notified_once=sum(map(notifications.told_once, rejected)),
        in_lake=sum(map(lake.holds_once, evidence.journal)),
        money_created=created,
        seconds=round(seconds, 1),
        journal_from=evidence.began_at,
        journal_head=evidence.head,
        topic_events=evidence.on_topic.total(),
        agrees=not disagreements,
        disagreements=disagreements,
    )


def _by_kind(accepted: Sequence[JournalRecord]) -> dict[str, int]:
    counted = Counter(record.kind for record in accepted)
    captured = sum(record.kind == "transfer.posted" and record.event_id != record.transfer_id for record in accepted)
    return {
        "posted": counted["transfer.posted"] - captured,
        "held": counted["transfer.pending"],
        "scheduled": counted["transfer.scheduled"],
        "captured": captured,
        "voided": counted["transfer.voided"],
        "refunded": counted["transfer.refunded"],
    }


def _sender_against_journal(book: Sequence[Entry], asked: Sequence[JournalRecord]) -> list[str]:
    """Each decision that was answered, a rejection too, is the record at its position, and nothing else was decided."""
    answered = {decision for entry in book for decision in entry.told.items()}
    decided = {(record.transfer_id, record.position) for record in asked}
    found = []
    if lost := answered - decided:
        found.append(f"{len(lost)} decisions that were answered are not in the journal, such as {min(lost)}")
    if unknown := decided - answered:
        found.append(f"{len(unknown)} decisions of the journal were never answered for, such as {min(unknown)}")
    return found


def _journal_is_gapless(journal: Sequence[JournalRecord], expected: range) -> list[str]:
    positions = [record.position for record in journal]
    if positions == list(expected):
        return []
    return [f"the journal's positions {expected.start} to {expected.stop - 1} are not there once each, in order"]


def _histories_hold_each_once(book: Sequence[Entry], histories: Mapping[str, Sequence[str]]) -> list[str]:
    counted = {username: Counter(ids) for username, ids in histories.items()}
    accepted = [(entry.payer, id) for entry in of_outcome(book, "accepted") for id in entry.told]
    wrong = [id for person, id in accepted if counted.get(person, Counter())[id] != 1]
    if not wrong:
        return []
    return [f"{len(wrong)} accepted requests are not once in the history of who made them, such as {wrong[0]}"]


def _topic_holds_each_once(on_topic: Counter[int], expected: range) -> list[str]:
    found = []
    if missing := [position for position in expected if not on_topic[position]]:
        found.append(f"{len(missing)} positions are not on the topic, such as {missing[0]}")
    if twice := [position for position, times in on_topic.items() if times > 1]:
        found.append(f"{len(twice)} positions are on the topic more than once, such as {min(twice)}")
    return found


def _sender_saw_no_fault(book: Sequence[Entry]) -> list[str]:
    counts = {
        "requests were answered 500": sum(entry.faults for entry in book),
        "repeats were not answered with the first answer": sum(entry.wrong_replays for entry in book),
        "transfers stayed unsettled": sum(1 for _ in of_outcome(book, "unsettled")),
    }
    return [f"{count} {what}" for what, count in counts.items() if count]


def _replayed(book: Sequence[Entry], histories: Mapping[str, Sequence[str]]) -> int:
    """Repeats by a key whose transfer is in its payer's history once, however often it was sent."""
    once = {id for ids in histories.values() for id, times in Counter(ids).items() if times == 1}
    return sum(entry.replays for entry in of_outcome(book, "accepted") if entry.transfer_id in once)
