"""The proof agrees only when the sender, every service and the topic tell the same."""

from collections import Counter
from dataclasses import replace

import pytest

from bench.load.book import Entry
from bench.records import JournalRecord, LakeRow, Notice
from stack.evidence import Evidence
from stack.proof import Proof, prove

BOOK = [
    Entry("k-1", "ann", 0, 1, "accepted", None, "t-1", replays=2, told={"t-1": 11}),
    Entry("k-2", "bob", 0, 1, "accepted", None, "t-2", told={"t-2": 12}),
    Entry("k-3", "ann", 0, 1, "rejected", "insufficient_funds", "t-3", told={"t-3": 13}),
    Entry("k-4", "ann", 0, 1, "refused", "invalid_request"),
    Entry("k-5", "ann", 0, 1, "accepted", None, "t-4", told={"t-4": 17}),
    Entry("k-6", "bob", 0, 1, "accepted", None, "t-4", told={"t-4": 18}),
    Entry(None, "bob", 0, 1, "accepted", told={"t-5": 19}),
]


def by(payer: str, position: int, kind: str, id: str, parts: tuple[int, ...], told: dict[str, str]) -> JournalRecord:
    """What somebody's request came to; a record that isn't its transfer's first has an event of its own."""
    event = f"{id}-{position}" if kind in ("transfer.expired", "transfer.voided") or position == 18 else id
    status = {"transfer.refunded": "posted"}.get(kind, kind.removeprefix("transfer."))
    account = f"acc-{payer}" if payer else "world:EUR"
    unasked = kind == "transfer.expired"
    return JournalRecord(position, kind, event, id, "payment", account, payer, status, parts, unasked, told)


POSTED = [
    by("ann", 11, "transfer.posted", "t-1", (100,), {"ann": "transfer.sent", "bob": "transfer.received"}),
    by("bob", 12, "transfer.posted", "t-2", (150, 50), {"bob": "transfer.sent", "ann": "transfer.received"}),
]
REJECTED = by("ann", 13, "transfer.rejected", "t-3", (300,), {"ann": "transfer.rejected"})
OPENED = JournalRecord(14, "account.opened", "e-14")
GRANT = by("", 15, "transfer.posted", "t-9", (900,), {"eve": "transfer.received"})
OF_OTHERS = by("eve", 16, "transfer.posted", "t-8", (800,), {"eve": "transfer.sent", "ann": "transfer.received"})
LIFE = [
    by("ann", 17, "transfer.pending", "t-4", (70,), {"ann": "hold.placed", "bob": "hold.placed"}),
    by("ann", 18, "transfer.posted", "t-4", (60,), {"ann": "hold.captured", "bob": "hold.captured"}),
    by("bob", 19, "transfer.refunded", "t-5", (60,), {"ann": "transfer.refunded", "bob": "transfer.refunded"}),
    by("bob", 20, "transfer.expired", "t-6", (10,), {"ann": "hold.expired", "bob": "hold.expired"}),
]

EVIDENCE = Evidence(
    journal=[*POSTED, REJECTED, OPENED, GRANT, OF_OTHERS, *LIFE],
    payers={"acc-ann", "acc-bob"},
    histories={"ann": ["t-4", "t-1", "t-2", "t-5"], "bob": ["t-5", "t-4", "t-2", "t-1"]},
    inboxes={
        "ann": [
            *(Notice(record.position, record.told["ann"], record.transfer_id) for record in reversed(LIFE)),
            Notice(16, "transfer.received", "t-8"),
            Notice(13, "transfer.rejected", "t-3"),
            Notice(12, "transfer.received", "t-2"),
            Notice(11, "transfer.sent", "t-1"),
        ],
        "bob": [
            *(Notice(record.position, record.told["bob"], record.transfer_id) for record in reversed(LIFE)),
            Notice(12, "transfer.sent", "t-2"),
            Notice(11, "transfer.received", "t-1"),
        ],
    },
    on_topic=Counter(range(1, 21)),
    rows=[
        LakeRow(11, "t-1", "posted", 100),
        LakeRow(12, "t-2", "posted", 50),
        LakeRow(12, "t-2", "posted", 150),
        LakeRow(13, "t-3", "rejected", 300),
        LakeRow(15, "t-9", "posted", 900),
        LakeRow(16, "t-8", "posted", 800),
        LakeRow(17, "t-4", "pending", 70),
        LakeRow(18, "t-4", "posted", 60),
        LakeRow(19, "t-5", "posted", 60),
        LakeRow(20, "t-6", "expired", 10),
    ],
    rows_stored=10,
    accounts_in_lake={14},
    totals={"EUR": 0},
    began_at=10,
    head=20,
)


def test_all_agrees() -> None:
    assert prove(BOOK, EVIDENCE, 12.34) == Proof(
        accepted=5,
        posted=2,
        held=1,
        scheduled=0,
        captured=1,
        voided=0,
        refunded=1,
        unasked=1,
        rejected=1,
        replayed=2,
        refused=1,
        published=10,
        published_twice=0,
        notified_exactly_once=5,
        rejections_notified_once=1,
        in_lake=10,
        money_created=0,
        seconds=12.3,
        journal_from=10,
        journal_head=20,
        topic_events=20,
        agrees=True,
    )


def without(position: int) -> Evidence:
    return replace(EVIDENCE, journal=[r for r in EVIDENCE.journal if r.position != position])


def told(username: str, *notices: Notice) -> Evidence:
    """Besides what is in the person's inbox already."""
    return replace(EVIDENCE, inboxes=EVIDENCE.inboxes | {username: [*EVIDENCE.inboxes[username], *notices]})


def untold(username: str, transfer_id: str) -> Evidence:
    """As if nothing had been told of this transfer."""
    rest = [notice for notice in EVIDENCE.inboxes[username] if notice.transfer_id != transfer_id]
    return replace(EVIDENCE, inboxes=EVIDENCE.inboxes | {username: rest})


def lake(*rows: LakeRow, without: int = 0) -> Evidence:
    return replace(EVIDENCE, rows=[*(row for row in EVIDENCE.rows if row.position != without), *rows])


DISAGREEMENTS = [
    ("a lost transfer", BOOK, without(11), "1 decisions that were answered are not in the journal"),
    ("a lost capture", BOOK, without(18), "1 decisions that were answered are not in the journal, such as ('t-4', 18)"),
    (
        "an unknown posting",
        BOOK[1:],
        EVIDENCE,
        "1 decisions of the journal were never answered for, such as ('t-1', 11)",
    ),
    (
        "an unknown refund",
        BOOK[:-1],
        EVIDENCE,
        "1 decisions of the journal were never answered for, such as ('t-5', 19)",
    ),
    ("a lost rejection", BOOK, without(13), "not in the journal, such as ('t-3', 13)"),
    ("an unknown rejection", [*BOOK[:2], *BOOK[3:]], EVIDENCE, "never answered for, such as ('t-3', 13)"),
    ("a gap in the journal", BOOK, without(14), "are not there once each"),
    (
        "nothing in the history",
        BOOK,
        replace(EVIDENCE, histories=EVIDENCE.histories | {"ann": []}),
        "history of who made them",
    ),
    (
        "twice in the history",
        BOOK,
        replace(EVIDENCE, histories=EVIDENCE.histories | {"ann": ["t-4", "t-1", "t-1"]}),
        "history",
    ),
    ("not on the topic", BOOK, replace(EVIDENCE, on_topic=Counter(range(1, 20))), "not on the topic"),
    ("twice on the topic", BOOK, replace(EVIDENCE, on_topic=Counter([*range(1, 21), 3])), "more than once"),
    ("the payer was not notified", BOOK, untold("ann", "t-1"), "1 notifications are missing"),
    ("the payee was not notified", BOOK, untold("bob", "t-1"), "1 notifications are missing"),
    ("a rejection was not told", BOOK, untold("ann", "t-3"), "transfer.rejected for ann of position 13, transfer t-3"),
    ("notified twice", BOOK, told("ann", Notice(11, "transfer.sent", "t-1")), "more than were due"),
    ("told to the wrong one", BOOK, told("bob", Notice(13, "transfer.rejected", "t-3")), "more than were due"),
    ("told as the wrong side", BOOK, told("ann", Notice(11, "transfer.received", "t-1")), "more than were due"),
    ("told of nothing", BOOK, told("ann", Notice(21, "transfer.sent", "t-7")), "that the journal does not hold"),
    ("nobody was told of an end", BOOK, untold("ann", "t-6"), "hold.expired for ann of position 20"),
    ("not in the lake", BOOK, lake(without=12), "not in the lake, such as 12"),
    ("of others, not in the lake", BOOK, lake(without=16), "not in the lake, such as 16"),
    ("an account not in the lake", BOOK, replace(EVIDENCE, accounts_in_lake=()), "not in the lake, such as 14"),
    (
        "only one payee in the lake",
        BOOK,
        lake(LakeRow(12, "t-2", "posted", 50), without=12),
        "another transfer, status",
    ),
    ("twice in the lake", BOOK, lake(LakeRow(11, "t-1", "posted", 100)), "in the lake more than once"),
    ("another amount", BOOK, lake(LakeRow(11, "t-1", "posted", 101), without=11), "another transfer, status or amount"),
    ("another status", BOOK, lake(LakeRow(13, "t-3", "posted", 300), without=13), "another transfer, status or amount"),
    ("another transfer", BOOK, lake(LakeRow(13, "t-7", "rejected", 300), without=13), "another transfer, status"),
    ("more in the lake", BOOK, lake(LakeRow(14, "t-7", "posted", 1)), "no transfers of the journal"),
    ("a row that no transfer shows", BOOK, replace(EVIDENCE, rows_stored=11), "have 11 rows for 10 positions"),
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

    assert (missed.notified_exactly_once, missed.rejections_notified_once) == (4, 1)
    assert (doubled.notified_exactly_once, doubled.rejections_notified_once) == (5, 0)
    assert torn.in_lake == 8
