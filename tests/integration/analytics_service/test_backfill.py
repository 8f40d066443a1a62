"""The lake filled and made anew from the ledger's own journal, over a real MongoDB."""

from __future__ import annotations

import shutil
import threading

import orjson
import pytest

from analytics_service.backfill import told
from analytics_service.domain.rollups import Span
from analytics_service.filters import Selection
from analytics_service.ports.journal import JournalPage
from analytics_service.reports import REPORTS
from analytics_service.settings import BackfillSettings
from analytics_service.storage.rebuilding import REBUILD_ID
from analytics_service.wiring.backfill import Backfill
from tests.integration.analytics_service.test_ledger_events import journal, records  # noqa: F401 - fixtures
from tests.unit.analytics_service.added_up import VIEWERS, assert_they_agree, reports
from tests.unit.analytics_service.journals import StepsHeard
from tests.unit.analytics_service.lakes import TestLake, messages
from transaction_service.storage.reading import MongoReader


class JournalOfReader:
    """What the ledger's API gives, without HTTP between."""

    def __init__(self, reader: MongoReader, head: int) -> None:
        self.reader = reader
        self.head = head

    def events(self, after: int, limit: int) -> JournalPage:
        found = self.reader.to_publish(after, min(limit, 7))
        return JournalPage([orjson.loads(document["event"]) for document in found], self.head)


@pytest.fixture
def backfill(mongo_url, monkeypatch, lake, records, journal):  # noqa: F811
    monkeypatch.setenv("MONGO_URL", mongo_url("analytics_service"))
    monkeypatch.setenv("LAKE_DIRECTORY", str(lake.root))
    monkeypatch.setenv("TRANSACTION_URL", "http://nowhere")
    monkeypatch.setenv("CLIENT_SECRET", "x")
    source = JournalOfReader(MongoReader(journal), records[-1].position)
    with Backfill(BackfillSettings.from_env(), StepsHeard(), source) as made:
        yield made


def put(lake: TestLake, records, size: int = 5) -> None:  # noqa: F811
    for first in range(0, len(records), size):
        lake.put(*(record.event for record in records[first : first + size]))


def figures(lake: TestLake):
    """Reports, rows and rollups, as anybody could ask for them."""
    asked = [report for report in REPORTS.values() if not report.misses(Selection())]
    rollups = lake.rollups.read([Span("hour"), Span("day")]).buckets
    rows = reports(lake).page(Selection(), None, 10**6).rows
    return reports(lake).answer(asked, Selection(), 100).figures, rows, list(rollups)


def test_a_lake_that_lost_its_manifest_is_filled_to_the_unit(lake, collections, records, backfill):  # noqa: F811
    put(lake, records)
    before = figures(lake)
    for name in ("state", "files", "rollups"):
        getattr(collections, name).drop()
    shutil.rmtree(lake.root)
    collections.set_up()
    assert backfill.fill() == len(records)
    assert lake.positions() == [record.position for record in records]
    assert figures(lake) == before
    for viewer in VIEWERS:
        assert_they_agree(records, lake, viewer)


def test_a_rebuilt_lake_is_equal_and_takes_the_place_of_the_old_one(lake, collections, records, backfill):  # noqa: F811
    put(lake, records)
    before, old = figures(lake), {file.path for file in lake.manifest.snapshot().files}
    rebuilt = backfill.rebuild()
    assert (rebuilt.rows, rebuilt.differences) == (len(records), [])
    assert "equal: the old lake had the same rows" in told(rebuilt)
    assert figures(lake) == before
    assert old.isdisjoint(file.path for file in lake.manifest.snapshot().files)
    assert old.issubset(lake.on_disk()), "who reads the old files goes on"
    assert collections.state.find_one({"_id": REBUILD_ID}) is None
    assert collections.rollups.distinct("generation") == [lake.manifest.state().generation] == [1]


def test_a_file_that_is_lost_is_named_and_its_rows_are_back(lake, records, backfill):  # noqa: F811
    put(lake, records)
    before = figures(lake)
    lost = lake.manifest.snapshot().files[2]
    lake.folder.delete(lost.path)
    rebuilt = backfill.rebuild()
    assert [(each.day, each.old) for each in rebuilt.differences] == [(lost.day, None)]
    assert f"{lost.day}: a file lost before" in told(rebuilt)
    assert figures(lake) == before


def test_a_row_that_was_altered_is_found_and_is_again_as_the_ledger_has_it(lake, records, backfill):  # noqa: F811
    put(lake, records[:-1])
    forged = orjson.loads(orjson.dumps(records[-1].event))
    forged["account" if "account" in forged else "transfer"]["id"] = "0190d5a0-7c1e-7000-8000-00000000dead"
    lake.put(forged)
    rebuilt = backfill.rebuild()
    (difference,) = rebuilt.differences
    assert difference.old is not None
    assert difference.old.rows == difference.new.rows
    assert difference.old.sum != difference.new.sum
    for viewer in VIEWERS:
        assert_they_agree(records, lake, viewer)


def test_the_ingester_goes_on_while_a_lake_is_rebuilt(lake, records, backfill):  # noqa: F811
    put(lake, records[:20])
    batches = [records[first : first + 2] for first in range(20, len(records), 2)]

    def go_on():
        for batch in batches:
            lake.ingester.handle(messages(record.event for record in batch))

    ingesting = threading.Thread(target=go_on)
    ingesting.start()
    rebuilt = backfill.rebuild()
    ingesting.join(60)
    assert not ingesting.is_alive()
    assert rebuilt.differences == []
    assert lake.positions() == [record.position for record in records]
    for viewer in VIEWERS:
        assert_they_agree(records, lake, viewer)


def test_a_rebuild_that_was_ended_goes_on_where_it_was(lake, collections, records, backfill):  # noqa: F811
    put(lake, records)
    before = figures(lake)

    class Ended(Exception):
        pass

    class EndsInTheMiddle(StepsHeard):
        def advance(self, parts):
            super().advance(parts)
            if self.done > 20:
                raise Ended

    backfill._steps = EndsInTheMiddle()
    with pytest.raises(Ended):
        backfill.rebuild()
    assert figures(lake) == before, "readers see the old lake"
    done = collections.state.find_one({"_id": REBUILD_ID})["stretches"]
    backfill._steps = StepsHeard()
    assert backfill.rebuild().differences == []
    assert backfill._steps.begun[0] == ("rebuilding", len(records) - done[0][1])
    assert figures(lake) == before
