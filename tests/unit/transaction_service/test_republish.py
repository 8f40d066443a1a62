"""A range of positions goes onto the topic again, or it is said why not."""

from __future__ import annotations

import pytest

from contracts.events import is_republished
from service_kit.kafka import PublishFailed
from tests.unit.transaction_service.ledgers import NOW, an_id
from transaction_service.publishing import BATCH_MAX, GapError
from transaction_service.republish import NoSuchRange, Range, Stopped, parsed, republish, require_published, summary_of


class Journal:
    """As many records as it is told, but for `missing`."""

    def __init__(self, head, missing=()):
        self._positions = [position for position in range(1, head + 1) if position not in missing]

    def head(self):
        return self._positions[-1]

    def to_publish(self, after, limit):
        return [record(position) for position in self._positions if position > after][:limit]


def record(position):
    return {
        "_id": position,
        "at": NOW,
        "command_id": an_id(position),
        "event_type": "account.opened" if position <= 3 else "transfer.posted",
        "event": f'{{"position":{position}}}',
        "partition_key": "account-ann-EUR",
        "traceparent": None,
    }


class Cursor:
    def __init__(self, position):
        self._position = position

    def position(self):
        return self._position


class Kafka:
    """Takes so many batches, and then is away."""

    def __init__(self, batches=100):
        self.records = []
        self._left = batches

    def send_all(self, records):
        if not self._left:
            raise PublishFailed("the broker is away", "timeout")
        self._left -= 1
        self.records.extend(records)


@pytest.fixture
def told():
    return []


def test_exactly_the_range_is_published_in_order_by_the_same_ids_and_marked(told):
    kafka = Kafka()
    republish(Range(4, 6), Journal(10), kafka, told.append)
    assert [dict(each.headers)["ce_id"].decode() for each in kafka.records] == [an_id(4), an_id(5), an_id(6)]
    assert all(is_republished(each.headers) for each in kafka.records)
    assert told == [3]


def test_progress_is_told_batch_by_batch(told):
    republish(Range(1, 2 * BATCH_MAX + 1), Journal(2_000), Kafka(), told.append)
    assert told == [BATCH_MAX, 2 * BATCH_MAX, 2 * BATCH_MAX + 1]


def test_where_the_broker_fails_on_the_way_the_position_to_go_on_from_is_named(told):
    with pytest.raises(Stopped, match=rf"500 are on the topic again; go on with --from {101 + BATCH_MAX}: .*away"):
        republish(Range(101, 2_000), Journal(2_000), Kafka(batches=1), told.append)


def test_a_gap_is_never_published_over(told):
    kafka = Kafka()
    with pytest.raises(Stopped, match="no position 5"):
        republish(Range(1, 9), Journal(10, missing={5}), kafka, told.append)
    assert kafka.records == []


def test_a_summary_says_how_many_of_what():
    text = "1,003 positions, 1 to 1003: 3 account.opened, 1,000 transfer.posted, decided from 2026-11-01T09:30:00.000Z"
    assert summary_of(Range(1, 1_003), Journal(2_000)).startswith(text)


def test_a_summary_finds_the_end_of_a_torn_journal():
    with pytest.raises(GapError, match="no position 9"):
        summary_of(Range(1, 9), Journal(10, missing={9, 10}))


@pytest.mark.parametrize(
    ("last", "why"),
    [
        (11, "there is no position 11: the journal ends at 10"),
        (9, "position 9 was not published yet: the relay stands at 8"),
    ],
)
def test_a_range_that_was_not_published_is_refused(last, why):
    with pytest.raises(NoSuchRange, match=why):
        require_published(Range(1, last), Journal(10), Cursor(8))


def test_the_last_published_position_may_be_asked_for():
    require_published(Range(1, 8), Journal(10), Cursor(8))


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--from", "0", "--to", "5"], "--from 0: the journal begins at position 1"),
        (["--from", "9", "--to", "5"], "--to 5 lies before --from 9"),
        (["--from", "x", "--to", "5"], "invalid int value: 'x'"),
        (["--from", "5"], "--to"),
    ],
)
def test_a_range_that_is_none_is_refused_with_the_reason(arguments, why, capsys):
    with pytest.raises(SystemExit) as ended:
        parsed(arguments)
    assert ended.value.code == 2
    assert why in capsys.readouterr().err


def test_the_command_line_gives_the_range():
    asked = parsed(["--from", "100", "--to", "200", "--dry-run"])
    assert (asked.wanted, len(asked.wanted), asked.dry_run) == (Range(100, 200), 101, True)
