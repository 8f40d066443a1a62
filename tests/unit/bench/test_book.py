from pathlib import Path

from bench.load.book import Entry, read_book, tally, write_book


def entry(decided_at: float, *, outcome: str = "accepted", seconds: float = 0.1, **more: object) -> Entry:
    return Entry(key="k", payer="a", sent_at=decided_at - seconds, decided_at=decided_at, outcome=outcome, **more)  # type: ignore[arg-type]


def test_the_rate_counts_only_the_measured_time() -> None:
    book = [entry(1.0), entry(2.0), entry(3.0), entry(4.0)]

    figures = tally(book, measured_from=2.0, measured_until=4.0)

    assert figures.accepted == 4
    assert figures.rate == 1.0


def test_latencies_are_those_of_accepted_transfers() -> None:
    book = [entry(2.0, seconds=0.1), entry(2.1, seconds=0.2), entry(2.2, outcome="rejected", seconds=9)]

    figures = tally(book, measured_from=0, measured_until=10)

    assert (round(figures.p50_ms), round(figures.p99_ms)) == (200, 200)


def test_an_empty_run_has_figures_too() -> None:
    figures = tally([], measured_from=0, measured_until=1)

    assert (figures.accepted, figures.rate, figures.p99_ms) == (0, 0, 0)


def test_a_book_is_read_as_it_was_written(tmp_path: Path) -> None:
    book = [entry(1.0, transfer_id="t", position=7), entry(2.0, outcome="refused", code="invalid_request")]

    write_book(tmp_path / "book", book)

    assert read_book(tmp_path / "book") == book
