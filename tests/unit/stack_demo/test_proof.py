"""The proof agrees only when the sender, every service and the topic tell the same."""

from collections import Counter
from dataclasses import replace

import pytest

from bench.load.book import Entry
from bench.records import JournalRecord, LakeRow, Notice
from stack.evidence import Evidence
from stack.proof import Proof, prove

BOOK = [
    Entry("k-1", "ann", 0, 1, "accepted", None, "t-1", 11, replays=2),
    Entry("k-2", "bob", 0, 1, "accepted", None, "t-2", 12),
    Entry("k-3", "ann", 0, 1, "rejected", "insufficient_funds", "t-3", 13),
    Entry("k-4", "ann", 0, 1, "refused", "invalid_request"),
]


POSTED = [
    JournalRecord(11, "transfer.posted", "t-1", "t-1", "payment", "acc-ann", "ann", "bob", 100),
    JournalRecord(12, "transfer.posted", "t-2", "t-2", "payment", "acc-bob", "bob", "ann", 200),
]
REJECTED = JournalRecord(13, "transfer.rejected", "t-3", "t-3", "payment", "acc-ann", "ann", "nobody", 300)
OPENED = JournalRecord(14, "account.opened", "e-14")
GRANT = JournalRecord(15, "transfer.posted", "t-9", "t-9", "grant", "world:EUR", "", "eve", 900)
OF_OTHERS = JournalRecord(16, "transfer.posted", "t-8", "t-8", "payment", "acc-eve", "eve", "ann", 800)

EVIDENCE = Evidence(
    journal=[*POSTED, REJECTED, OPENED, GRANT, OF_OTHERS],
    payers={"acc-ann", "acc-bob"},
    histories={"ann": ["t-1", "t-2"], "bob": ["t-2", "t-1"]},
    inboxes={
        "ann": [
            Notice(16, "transfer.received", "t-8"),
            Notice(13, "transfer.rejected", "t-3"),
            Notice(12, "transfer.received", "t-2"),
            Notice(11, "transfer.sent", "t-1"),
        ],
        "bob": [Notice(12, "transfer.sent", "t-2"), Notice(11, "transfer.received", "t-1")],
    },
    on_topic=Counter(range(1, 17)),
    rows=[
        LakeRow(11, "t-1", "posted", 100),
        LakeRow(12, "t-2", "posted", 200),
        LakeRow(13, "t-3", "rejected", 300),
        LakeRow(15, "t-9", "posted", 900),
        LakeRow(16, "t-8", "posted", 800),
    ],
    rows_stored=6,
    accounts_in_lake={14},
    totals={"EUR": 0},
    began_at=10,
    head=16,
)


def test_all_agrees() -> None:
    assert prove(BOOK, EVIDENCE, 12.34) == Proof(
        accepted=2,
        posted=2,
        rejected=1,
        replayed=2,
        refused=1,
        published=6,
        published_twice=0,
        notified_exactly_once=2,
        rejections_notified_once=1,
        in_lake=6,
        money_created=0,
        seconds=12.3,
        journal_from=10,
        journal_head=16,
        topic_events=16,
        agrees=True,
    )


def without(position: int) -> Evidence:
    return replace(EVIDENCE, journal=[r for r in EVIDENCE.journal if r.position != position])


def told(username: str, *notices: Notice) -> Evidence:
    """Besides what is in the person's inbox already."""
    return replace(EVIDENCE, inboxes=EVIDENCE.inboxes | {username: [*EVIDENCE.inboxes[username], *notices]})


def untold(username: str, transfer_id: str) -> Evidence:
    rest = [notice for notice in EVIDENCE.inboxes[username] if notice.transfer_id != transfer_id]
    return replace(EVIDENCE, inboxes=EVIDENCE.inboxes | {username: rest})


def lake(*rows: LakeRow, without: int = 0) -> Evidence:
    return replace(EVIDENCE, rows=[*(row for row in EVIDENCE.rows if row.position != without), *rows])


DISAGREEMENTS = [
    ("a lost transfer", BOOK, without(11), "accepted transfers are not in the journal"),
    ("an unknown posting", BOOK[1:], EVIDENCE, "posted transfers were never answered for"),
    ("a lost rejection", BOOK, without(13), "rejections were answered"),
    ("a gap in the journal", BOOK, without(14), "are not there once each"),
    ("nothing in the history", BOOK, replace(EVIDENCE, histories={"bob": ["t-2"]}), "payer's history"),
    ("twice in the history", BOOK, replace(EVIDENCE, histories={"ann": ["t-1"] * 2, "bob": ["t-2"]}), "history"),
    ("not on the topic", BOOK, replace(EVIDENCE, on_topic=Counter(range(1, 16))), "not on the topic"),
    ("twice on the topic", BOOK, replace(EVIDENCE, on_topic=Counter([*range(1, 17), 3])), "more than once"),
    ("the payer was not notified", BOOK, untold("ann", "t-1"), "1 notifications are missing"),
    ("the payee was not notified", BOOK, untold("bob", "t-1"), "1 notifications are missing"),
    ("a rejection was not told", BOOK, untold("ann", "t-3"), "transfer.rejected for ann about t-3"),
    ("notified twice", BOOK, told("ann", Notice(11, "transfer.sent", "t-1")), "more than were due"),
    ("told to the wrong one", BOOK, told("bob", Notice(13, "transfer.rejected", "t-3")), "more than were due"),
    ("told as the wrong side", BOOK, told("ann", Notice(11, "transfer.received", "t-1")), "more than were due"),
    ("told of nothing", BOOK, told("ann", Notice(12, "transfer.sent", "t-7")), "that the journal does not hold"),
    ("not in the lake", BOOK, lake(without=12), "not in the lake, such as 12"),
    ("of others, not in the lake", BOOK, lake(without=16), "not in the lake, such as 16"),
    ("an account not in the lake", BOOK, replace(EVIDENCE, accounts_in_lake=()), "not in the lake, such as 14"),
    ("twice in the lake", BOOK, lake(LakeRow(11, "t-1", "posted", 100)), "in the lake more than once"),
    ("another amount", BOOK, lake(LakeRow(11, "t-1", "posted", 101), without=11), "another transfer, status or amount"),
    ("another status", BOOK, lake(LakeRow(13, "t-3", "posted", 300), without=13), "another transfer, status or amount"),
    ("another transfer", BOOK, lake(LakeRow(13, "t-7", "rejected", 300), without=13), "another transfer, status"),
    ("more in the lake", BOOK, lake(LakeRow(14, "t-7", "posted", 1)), "no transfers of the journal"),
    ("a row that no transfer shows", BOOK, replace(EVIDENCE, rows_stored=7), "have 7 rows for 6 positions"),
    ("created money", BOOK, replace(EVIDENCE, totals={"EUR": -5}), "should be 0"),
    ("an answer 500", [replace(BOOK[0], faults=1), *BOOK[1:]], EVIDENCE, "answered 500"),
    ("a wrong replay", [replace(BOOK[0], wrong_replays=1), *BOOK[1:]], EVIDENCE, "not answered with the first"),
    ("an unsettled key", [*BOOK, Entry("k", "ann", 0)], EVIDENCE, "stayed unsettled"),
]


@pytest.mark.parametrize(
    ("book", "evidence", "sentence"), [case[1:] for case in DISAGREEMENTS], ids=[case[0] for case in DISAGREEMENTS]
)
def test_a_disagreement_is_named(book: list[Entry], evidence: Evidence, sentence: str) -> None:
    proof = prove(book, evidence, 1.0)

    assert not proof.agrees
    assert any(sentence in disagreement for disagreement in proof.disagreements)


def test_only_what_is_right_is_counted() -> None:
    missed = prove(BOOK, untold("bob", "t-1"), 1.0)
    doubled = prove(BOOK, told("ann", Notice(13, "transfer.rejected", "t-3")), 1.0)
    torn = prove(BOOK, lake(LakeRow(11, "t-1", "posted", 100), without=12), 1.0)

    assert (missed.notified_exactly_once, missed.rejections_notified_once) == (1, 1)
    assert (doubled.notified_exactly_once, doubled.rejections_notified_once) == (2, 0)
    assert torn.in_lake == 4
