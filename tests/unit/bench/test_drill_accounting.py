"""What a drill says was lost, doubled and how long the outage was."""

from bench.load.book import Entry
from bench.records import JournalRecord
from tests.drills.accounting import doubled, longest_silence, lost, posted_ids
from tests.drills.alerts import Alert
from tests.drills.pipeline import Effects
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

    assert Account(**{**kept, "accepted": 1_000}).findings() == []
    for promise in set(kept) - {"accepted"}:
        assert len(Account(**{**kept, promise: 1}).findings()) == 1, promise


def test_an_alert_names_a_fault_only_with_the_right_labels() -> None:
    expected = Alert("ProcessRestarted", {"process": "transaction-relay"})

    assert expected.matches({"alertname": "ProcessRestarted", "process": "transaction-relay", "severity": "ticket"})
    assert not expected.matches({"alertname": "ProcessRestarted", "process": "auth-web"})
    assert not expected.matches({"alertname": "ProcessDown", "process": "transaction-relay"})
