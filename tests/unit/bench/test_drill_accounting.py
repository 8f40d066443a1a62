"""What a drill says was lost, doubled and how long the outage was."""

from bench.load.book import Entry
from bench.records import JournalRecord
from tests.drills import whole_lives
from tests.drills.accounting import doubled, longest_silence, lost, posted_ids
from tests.drills.alerts import Alert
from tests.drills.asking import Asked, worst_of
from tests.drills.pipeline import Effects
from tests.drills.rounds import by_round
from tests.drills.rows import Account


def accepted(transfer_id: str, decided_at: float = 0.0) -> Entry:
    return Entry("k", "a", decided_at, decided_at, outcome="accepted", transfer_id=transfer_id)


def record(kind: str, transfer_id: str, payer: str = "acc-a") -> JournalRecord:
    return JournalRecord(1, kind, "e", transfer_id, "payment", payer)


def test_only_our_payers_postings_are_compared() -> None:
    journal = [
        record("transfer.posted", "t-1"),
        record("transfer.rejected", "t-2"),
        record("transfer.posted", "t-3", payer="somebody"),
    ]

    assert posted_ids(journal, {"acc-a"}) == ["t-1"]


def test_an_accepted_transfer_that_is_not_in_the_journal_is_lost() -> None:
    assert lost([accepted("t-1"), accepted("t-2")], ["t-1"]) == 1


def test_a_posting_that_nobody_was_told_of_is_a_double() -> None:
    assert doubled([accepted("t-1")], ["t-1", "t-2"]) == 1


def test_the_one_posting_of_an_undecided_key_is_no_double() -> None:
    undecided = Entry("k", "a", 0)

    assert doubled([accepted("t-1"), undecided], ["t-1", "t-2"]) == 0
    assert doubled([accepted("t-1"), undecided], ["t-1", "t-2", "t-3"]) == 1


def test_the_same_transfer_posted_again_is_a_double() -> None:
    assert doubled([accepted("t-1")], ["t-1", "t-1"]) == 1


def test_the_first_answers_after_a_fault_prove_no_recovery() -> None:
    moments = [9.0, 9.9, 10.01, 10.02, 11.6, 11.7, 11.8]

    assert longest_silence([accepted("t", moment) for moment in moments], since=10.0) == 1.58


def test_without_any_acceptance_after_the_fault_there_is_no_end_of_silence() -> None:
    assert longest_silence([accepted("t", 9.0)], since=10.0) is None


def test_the_longest_silence_may_lie_between_any_two_answers() -> None:
    book = [accepted("t", moment) for moment in (10.5, 11.0, 14.0, 14.5)]

    assert longest_silence(book, since=10.0) == 3.0


def test_the_pipeline_has_caught_up_when_neither_notifications_nor_positions_are_missing() -> None:
    assert Effects(10, 20, notifications=20, positions_in_lake=10, rows_in_lake=10).complete
    assert not Effects(10, 20, notifications=19, positions_in_lake=10, rows_in_lake=10).complete
    assert not Effects(10, 20, notifications=20, positions_in_lake=9, rows_in_lake=9).complete


def test_every_broken_promise_is_a_finding_of_its_own() -> None:
    kept = dict.fromkeys(Account.__dataclass_fields__, 0)

    figures = {"accepted", "in_ledger"}
    assert Account(**{**kept, **dict.fromkeys(figures, 1_000)}).findings() == []
    for promise in set(kept) - figures:
        assert len(Account(**{**kept, promise: 1}).findings()) == 1, promise


def test_an_alert_names_a_fault_only_with_the_right_labels() -> None:
    expected = Alert("ProcessRestarted", {"process": "transaction-relay"})

    assert expected.matches({"alertname": "ProcessRestarted", "process": "transaction-relay", "severity": "ticket"})
    assert not expected.matches({"alertname": "ProcessRestarted", "process": "auth-web"})
    assert not expected.matches({"alertname": "ProcessDown", "process": "transaction-relay"})


def test_each_round_has_what_was_decided_until_the_next_one_began() -> None:
    book = [accepted("t", moment) for moment in (1.0, 2.0, 3.0, 4.0)]

    assert [[entry.decided_at for entry in part] for _, part in by_round([1.5, 3.5], book)] == [[2.0, 3.0], [4.0]]


def test_a_refusal_is_good_when_it_is_quick_and_says_when_to_ask_again() -> None:
    good = Asked("a payment", 0, 1.9, 503, retry_after=True)
    late = Asked("a payment", 0, 2.1, 503, retry_after=True)
    bare = Asked("a balance", 0, 0.1, 503, retry_after=False)
    slow = Asked("the accounts", 0, 2.5, 200, retry_after=False)

    assert worst_of([good, Asked("a payment", 0, 0.1, 201, retry_after=False)]) == []
    assert worst_of([good, late]) == ["a payment was answered 503 1 times, after 2.10 s"]
    assert worst_of([bare]) == ["a balance was answered 503 1 times, after 0.10 s, without Retry-After"]
    assert len(worst_of([slow, Asked("a payment", 0, 0.1, 0, retry_after=False)])) == 2


def test_lives_are_compared_by_the_position_of_each_decision() -> None:
    told = [Entry("k", "a", 0, told={"t-1": 4}), Entry("k", "a", 0, told={"t-1": 6, "t-2": 7})]
    journal = [
        JournalRecord(4, "transfer.pending", "e", "t-1", "payment", "acc-a"),
        JournalRecord(5, "account.opened", "e"),
    ]

    assert whole_lives.told(told) == {(4, "t-1"): 1, (6, "t-1"): 1, (7, "t-2"): 1}
    assert whole_lives.decided(journal, {"acc-a"}) == [(4, "t-1")]
