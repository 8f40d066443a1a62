"""Ingester and manifest in memory: the promises, and what the metrics say."""

from __future__ import annotations

from datetime import timedelta

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics_service.domain.rows import UnusableEventError, row_of
from analytics_service.ingester import decode
from contracts.codec import InvalidEvent
from service_kit.kafka import InvalidMessage, Message
from tests.unit.analytics_service.ingester_contract import IngesterContract
from tests.unit.analytics_service.lakes import TestLake, messages, opened, transfer
from tests.unit.analytics_service.manifest_contract import ManifestContract


class TestIngester(IngesterContract):
    pass


class TestManifestInMemory(ManifestContract):
    pass


@given(st.lists(st.lists(st.integers(1, 30), min_size=1, max_size=12), max_size=12))
@settings(max_examples=30, deadline=None)
def test_whatever_order_and_however_often_each_position_is_there_once(tmp_path_factory, batches):
    lake = TestLake(tmp_path_factory.mktemp("lake"))
    for batch in batches:
        lake.put(*map(transfer, batch))
    seen = {position for batch in batches for position in batch}
    assert lake.positions() == sorted(seen)
    complete = lake.manifest.snapshot().covered.watermark.position
    assert set(range(1, complete + 1)) <= seen
    assert complete + 1 not in seen


def test_every_row_says_when_it_was_consumed_and_when_committed(lake):
    lake.put(transfer(1))
    (file,) = lake.manifest.snapshot().files
    (row,) = pq.read_table(lake.folder.path(file.path), partitioning=None).to_pylist()
    assert row["consumed_at"] == lake.clock.now()
    assert file.committed_at == lake.clock.now()
    assert row["payees"][0]["account"] == "account-bob"


def test_rows_are_counted_by_what_they_are(lake):
    lake.put(opened(1), transfer(2), transfer(3))
    value = lake.registry.get_sample_value
    assert value("lake_rows_ingested_total", {"type": "account.opened"}) == 1
    assert value("lake_rows_ingested_total", {"type": "transfer.posted"}) == 2
    assert value("lake_rows_ingested_total", {"type": "transfer.rejected"}) == 0
    assert value("lake_commit_to_report_seconds_count") == 3


def test_a_ledger_whose_clock_is_ahead_takes_nothing_from_the_sum_of_delays(lake):
    lake.put(transfer(1, at=lake.clock.now() + timedelta(minutes=10)))
    assert lake.registry.get_sample_value("lake_commit_to_report_seconds_sum") == 0


@pytest.mark.parametrize(
    ("flags", "kept"), [("01", True), ("03", True), ("0f", True), ("00", False), ("02", False), ("1", False)]
)
def test_a_delay_names_its_trace_where_that_is_kept(lake, flags, kept):
    (message,) = messages([transfer(1)])
    headers = (("ce_id", b"1"), ("traceparent", f"00-{1:032x}-{1:016x}-{flags}".encode()))
    lake.ingester.handle([message._replace(headers=headers)])
    samples = [sample for metric in lake.registry.collect() for sample in metric.samples]
    named = [sample.exemplar.labels for sample in samples if sample.exemplar]
    assert named == ([{"trace_id": f"{1:032x}"}] if kept else [])


@pytest.mark.parametrize("value", [b"", b"[]", b"{}"])
def test_what_breaks_the_schema_is_refused(value):
    with pytest.raises(InvalidEvent):
        decode(Message("transactions", 0, 0, 0, None, value))


def test_a_number_beyond_64_bits_is_refused():
    with pytest.raises(UnusableEventError):
        row_of({**transfer(1), "position": 2**63})


def test_a_share_of_several_that_is_not_said_is_refused():
    event = transfer(1, payees=[("bob", 1), ("cleo", 2)])
    del event["transfer"]["payees"][1]["amount"]
    with pytest.raises(UnusableEventError):
        row_of(event)


def test_an_unusable_event_is_a_dead_letter():
    import orjson

    event = transfer(1)
    event["occurred_at"] = "2026-01-02T12:00:61Z"
    with pytest.raises((InvalidMessage, InvalidEvent)):
        decode(Message("transactions", 0, 0, 0, None, orjson.dumps(event)))
