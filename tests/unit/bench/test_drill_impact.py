"""What a drill says of people's waits before, during and after a fault, and when they were served as before."""

import pytest

from bench.load.book import Entry
from tests.drills.impact import Span, impact, pace, recovery_seconds

CLIENTS = ("ann", "bob")
STEP = 0.1
"""Each client sends ten a second, and is answered within 5 ms."""


def entry(sent_at: float, seconds: float = 0.005, payer: str = "ann", **more: object) -> Entry:
    return Entry("k", payer, sent_at, sent_at + seconds, **{"outcome": "accepted", **more})  # type: ignore[arg-type]


def calm(since: float, until: float) -> list[Entry]:
    """Both clients, served well."""
    steps = range(round((until - since) / STEP))
    return [entry(since + step * STEP, payer=payer) for step in steps for payer in CLIENTS]


def outage(since: float, until: float) -> list[Entry]:
    """Each of the clients sends one, and is answered when it is over."""
    return [entry(since, until - since, payer) for payer in CLIENTS]


def test_waits_are_told_apart_by_what_they_had_of_the_fault() -> None:
    book = [*calm(100, 110), *outage(110, 112), *calm(112.01, 120)]

    felt = impact(book, [Span(110, 111.9)])

    assert (felt.p99_before_ms, felt.p99_after_ms) == (5, 5)
    assert felt.p99_during_ms == 2000


def test_who_waits_counts_for_what_was_not_sent_meanwhile() -> None:
    # Two of 402 answers came late, one in 200: the 99th percentile of the book itself has not seen them.
    book = [*calm(100, 110), *outage(110, 112), *calm(112.01, 122)]
    late = sum(each.decided_at - each.sent_at > 1 for each in book) / len(book)

    felt = impact(book, [Span(110, 121)])

    assert late < 0.01
    assert felt.p99_during_ms is not None
    assert felt.p99_during_ms > 1800


def test_of_people_who_come_at_a_rate_each_counts_once_from_when_they_were_due() -> None:
    late = [entry(112, 0.005, due_at=110 + n / 10) for n in range(20)]
    book = [*(entry(100 + n / 10, due_at=100 + n / 10) for n in range(100)), *late]

    felt = impact(book, [Span(110, 111.9)])

    assert felt.p99_before_ms == 5
    assert felt.p99_during_ms == 2005


def test_the_first_second_of_a_load_is_not_what_a_fault_is_compared_with() -> None:
    book = [entry(100.1, 0.8), *calm(101, 110), *calm(110, 115)]

    assert impact(book, [Span(110, 110)]).p99_before_ms == 5


def test_accepting_is_back_with_the_first_second_at_the_old_pace() -> None:
    book = [*calm(100, 110), *outage(110, 113), *calm(113.01, 120)]

    assert impact(book, [Span(110, 110)]).recovery_seconds == pytest.approx(3, abs=0.05)
    assert impact(book, [Span(110, 112.5)]).recovery_seconds == pytest.approx(0.5, abs=0.05)


def test_a_fault_that_nobody_noticed_has_nothing_to_recover_from() -> None:
    felt = impact(calm(100, 120), [Span(110, 112)])

    assert felt.recovery_seconds == 0
    assert felt.p99_before_ms == felt.p99_during_ms == felt.p99_after_ms == 5


def test_a_slower_pace_is_no_recovery() -> None:
    moments = [100 + n / 100 for n in range(1_000)]
    slower = [110 + n / 90 for n in range(900)]

    assert recovery_seconds([*moments, *slower], 110, before=100) is None
    assert recovery_seconds([*moments, *slower], 110, before=90) == 0


def test_a_load_that_ends_with_the_fault_shows_no_recovery() -> None:
    felt = impact([*calm(100, 110), *outage(110, 115)], [Span(110, 114)])

    assert felt.recovery_seconds is None
    assert felt.p99_after_ms is None


def test_without_a_pace_before_there_is_nothing_to_come_back_to() -> None:
    assert pace([100.2, 100.4], 100.0, 100.5) is None
    assert pace([100.2, 100.4], 101.0, 105.0) is None
    assert recovery_seconds([100.2, 100.4], 100.0, before=None) is None


def test_the_worst_of_several_recoveries_counts() -> None:
    book = [*calm(100, 110), *outage(110, 111), *calm(111.01, 121), *outage(121, 125), *calm(125.01, 135)]

    felt = impact(book, [Span(110, 110), Span(121, 121)])

    assert felt.recovery_seconds == pytest.approx(4, abs=0.05)
    assert felt.p99_during_ms == 4000
    assert felt.p99_after_ms == 5


def test_a_fault_right_after_another_is_measured_by_the_pace_before_that_one() -> None:
    book = [*calm(100, 110), *outage(110, 112), *calm(112.01, 113.3), *outage(113.3, 115), *calm(115.01, 120)]

    assert impact(book, [Span(110, 110), Span(113.3, 113.3)]).recovery_seconds == pytest.approx(2, abs=0.05)


def test_answers_5xx_are_counted_whatever_was_decided_then() -> None:
    book = [*calm(100, 110), entry(110, 0.5, answers_5xx=3), entry(110, 60, outcome="unsettled", answers_5xx=40)]

    assert impact(book, [Span(110, 110)]).answers_5xx == 43
