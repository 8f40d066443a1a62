"""What the rounds of `delays`, `footprint` and `broker` prove."""

from bench import delays, footprint, frozen_broker
from bench.claims import Round
from bench.load.book import Entry


def level(share: float, answer: float, eye: float) -> delays.Level:
    waits = {name: (p99 / 10, p99) for name, p99 in (("answer", answer), ("inbox", 0.3), ("eye", eye))}
    return delays.Level(share=share, meant=share * 1000, accepted=share * 990, **waits)


LEVELS = [level(0.25, 0.02, 0.4), level(0.5, 0.1, 0.8), level(0.75, 0.3, 1.9)]


def test_each_share_has_its_goals() -> None:
    through, *found = delays.claims([Round(900, 1000)], LEVELS)

    assert (through.ratio, through.holds) == (0.9, True)
    eyes = [(claim.ratio, claim.goal, claim.holds) for claim in found if "eye" in claim.claim]
    assert eyes == [(0.4, 1.0, True), (0.8, 1.0, True), (1.9, 2.0, True)]
    answers = [(claim.ratio, claim.holds) for claim in found if "answer" in claim.claim]
    assert answers == [(0.08, True), (0.4, True), (1.2, False)]


def test_each_share_is_told_by_its_medians() -> None:
    listing = delays.listing([*LEVELS, level(0.25, 0.04, 0.6), level(0.25, 0.9, 9.0)])

    assert listing.rows[0] == ["25%", "250", "248", "4, 40 ms", "30, 300 ms", "60, 600 ms"]
    assert len(listing.rows) == 3


def test_the_slowest_start_and_the_fullest_container_are_judged() -> None:
    starts = [{"auth-web": 2.0, "transaction-web": 4.0}, {"auth-web": 5.0, "transaction-web": 3.0}]
    loaded = {"auth-web": 256.0, "transaction-web": 230.4, "mongod": 900.0}

    started, fullest, whole = footprint.claims(starts, loaded)

    assert (started.ours, started.holds) == (4.5, True)
    assert (fullest.ours, fullest.ratio, fullest.holds) == (230.4, 0.9, False)
    assert (whole.ours, whole.holds) == (1386.4, True)


def test_each_process_is_listed_and_a_server_by_its_memory_alone() -> None:
    starts = [{"auth-web": 2.0}, {"auth-web": 3.0}]

    listing = footprint.listing(starts, {"mongod": 300.0}, {"auth-web": 90.0, "mongod": 9.0})

    assert listing.rows == [
        ["`auth-web`", "2.5 s", "0 MB", "90 MB", "512 MB"],
        ["`mongod`", "", "300 MB", "9 MB", ""],
    ]


def test_what_was_accepted_within_a_time_is_counted_by_its_decision() -> None:
    book = [Entry("k", "ann", at - 0.1, at, outcome="accepted") for at in (9.9, 10.0, 11.0, 12.0)]
    book.append(Entry("k", "ann", 10.4, 10.5, outcome="rejected"))

    assert frozen_broker.accepted_a_second(book, 10, 12) == 1.0


def test_a_frozen_broker_may_take_a_twentieth_and_the_topic_catches_up_five_times_as_fast() -> None:
    accepting, draining = frozen_broker.claims([Round(95, 100)], [Round(499, 100)])

    assert (accepting.holds, draining.holds) == (True, False)
