"""The proof agrees only when the sender, the ledger, the histories and the topic tell the same."""

from collections import Counter
from dataclasses import replace

import pytest

from bench.load.book import Entry
from bench.platform import JournalRecord
from stack.proof import Evidence, Proof, prove

BOOK = [
    Entry("k-1", "ann", 0, 1, "accepted", None, "t-1", 11, replays=2),
    Entry("k-2", "bob", 0, 1, "accepted", None, "t-2", 12),
    Entry("k-3", "ann", 0, 1, "rejected", "insufficient_funds", "t-3", 13),
    Entry("k-4", "ann", 0, 1, "refused", "invalid_request"),
]


def record(position: int, kind: str, transfer: str = "", payer: str = "", type: str = "payment") -> JournalRecord:
    return JournalRecord(position, kind, f"e-{position}", transfer, type, payer)


EVIDENCE = Evidence(
    journal=[
        record(11, "transfer.posted", "t-1", "acc-ann"),
        record(12, "transfer.posted", "t-2", "acc-bob"),
        record(13, "transfer.rejected", "t-3", "acc-ann"),
        record(14, "account.opened", type=""),
        record(15, "transfer.posted", "t-9", "world:EUR", type="grant"),
    ],
    payers={"acc-ann", "acc-bob"},
    histories={"ann": ["t-1", "t-2"], "bob": ["t-2", "t-1"]},
    on_topic=Counter(range(1, 16)),
    totals={"EUR": 0},
    began_at=10,
    head=15,
)


def test_all_agrees() -> None:
    assert prove(BOOK, EVIDENCE, 12.34) == Proof(
        accepted=2,
        posted=2,
        rejected=1,
        replayed=2,
        refused=1,
        published=5,
        published_twice=0,
        money_created=0,
        seconds=12.3,
        journal_from=10,
        journal_head=15,
        topic_events=15,
        agrees=True,
    )


def without(position: int) -> Evidence:
    return replace(EVIDENCE, journal=[r for r in EVIDENCE.journal if r.position != position])


DISAGREEMENTS = [
    ("a lost transfer", BOOK, without(11), "accepted transfers are not in the journal"),
    ("an unknown posting", BOOK[1:], EVIDENCE, "posted transfers were never answered for"),
    ("a lost rejection", BOOK, without(13), "rejections were answered"),
    ("a gap in the journal", BOOK, without(14), "are not there once each"),
    ("nothing in the history", BOOK, replace(EVIDENCE, histories={"bob": ["t-2"]}), "payer's history"),
    ("twice in the history", BOOK, replace(EVIDENCE, histories={"ann": ["t-1"] * 2, "bob": ["t-2"]}), "history"),
    ("not on the topic", BOOK, replace(EVIDENCE, on_topic=Counter(range(1, 15))), "not on the topic"),
    ("twice on the topic", BOOK, replace(EVIDENCE, on_topic=Counter([*range(1, 16), 3])), "more than once"),
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
