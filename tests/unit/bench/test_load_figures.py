"""A book in figures, and what the command makes of its arguments."""

from pathlib import Path

import pytest

from bench.load.__main__ import Check, held_against
from bench.load.arguments import parser
from bench.load.book import Entry
from bench.load.chart import write_chart
from bench.load.figures import by_act, by_second
from bench.records import JournalRecord


def entry(due: float, late: float = 0.0, took: float = 0.1, act: str = "pay", **more: object) -> Entry:
    told = {"outcome": "accepted", "attempts": 1} | more
    return Entry("k", "ann", due + late, due + late + took, act=act, due_at=due, **told)  # type: ignore[arg-type]


def test_what_was_sent_late_has_waited() -> None:
    of = by_act([entry(10, late=2.0, took=0.1)], 10, 5)["pay"]

    assert (of.p99_ms, of.from_sending_p99_ms, of.sent_late_p99_ms) == (2100, 100, 2000)


def test_a_stall_is_in_the_p99_from_when_requests_were_due_and_not_from_when_they_were_sent() -> None:
    """Of ten seconds with a request each 10 ms, the last one is a stall: a generator that waits with it sends all its
    requests at the stall's end, and each is quick then."""
    book = [entry(n / 100, took=0.001) for n in range(900)]
    book += [entry(9 + n / 100, late=1 - n / 100, took=0.001) for n in range(100)]

    of = by_act(book, 0, 10)["pay"]

    assert of.from_sending_p99_ms == pytest.approx(1, abs=0.1)
    assert of.p90_ms > 900 / 100
    assert of.p99_ms > 890


def test_acts_are_told_apart_and_what_was_due_outside_the_time_is_left_out() -> None:
    book = [entry(9), entry(10), entry(11, act="history"), entry(12), entry(15)]

    acts = by_act(book, 10, 5)

    assert {act: of.requests for act, of in acts.items()} == {"pay": 2, "history": 1}
    assert list(acts) == ["pay", "history"]


def test_who_got_no_decision_is_counted_and_not_measured() -> None:
    of = by_act([entry(10), entry(11, took=60, outcome="unsettled", attempts=4)], 10, 5)["pay"]

    assert (of.requests, of.unsettled, of.asked_again, of.max_ms) == (2, 1, 1, 100)


def test_each_second_is_told_also_an_empty_one() -> None:
    seconds = by_second([entry(100.0), entry(102.5, took=0.9)], 100)

    assert [(second.at, second.due, second.decided) for second in seconds] == [
        (0, 1, 1),
        (1, 0, 0),
        (2, 1, 0),
        (3, 0, 1),
    ]
    assert seconds[2].max_ms == 900


def test_the_chart_loads_nothing_from_anywhere(tmp_path: Path) -> None:
    book = [entry(n / 10) for n in range(100)]

    write_chart(tmp_path / "load.html", "a run", by_second(book, 0), {"pay": book})

    text = (tmp_path / "load.html").read_text(encoding="utf-8")
    assert "a run" in text
    assert '<script src="http' not in text


class Journal:
    """The journal as the check reads it."""

    def __init__(self, *transfers: str) -> None:
        self._transfers = transfers

    def journal(self, after: int) -> list[JournalRecord]:
        return [
            JournalRecord(after + n, "transfer.posted", f"e-{n}", transfer_id=t) for n, t in enumerate(self._transfers)
        ]


@pytest.mark.parametrize(
    ("transfers", "lost", "doubled"), [(("t-1", "other", "t-2"), 0, 0), (("t-1",), 1, 0), (("t-1", "t-2", "t-2"), 0, 1)]
)
def test_the_book_is_held_against_the_journal(transfers: tuple[str, ...], lost: int, doubled: int) -> None:
    book = [entry(1, transfer_id="t-1"), entry(2, transfer_id="t-2"), entry(3, act="balance")]

    check = held_against(book, Journal(*transfers), 5)  # type: ignore[arg-type]

    assert (check.lost, check.doubled) == (lost, doubled)
    assert check.agrees is (not lost and not doubled)


def test_a_request_without_a_decision_does_not_agree() -> None:
    assert not Check(accepted=1, in_ledger=1, lost=0, doubled=0, unsettled=1, faults=0).agrees


def test_a_mix_is_of_visits_that_there_are() -> None:
    assert parser("").parse_args(["--mix", "payment=3,look=1"]).mix == {"payment": 3, "look": 1}
    with pytest.raises(SystemExit):
        parser("").parse_args(["--mix", "payment=3,shopping=1"])


@pytest.mark.parametrize(
    "wrong",
    [
        ("--rate", "0"),
        ("--rate", "nan"),
        ("--minutes", "inf"),
        ("--think", "-1"),
        ("--people", "1"),
        ("--arrivals", "late"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(wrong: tuple[str, str]) -> None:
    with pytest.raises(SystemExit):
        parser("").parse_args(list(wrong))
