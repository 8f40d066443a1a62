"""The reconciled intervals in MongoDB: the contract of the one in memory; and the job over real stores."""

from __future__ import annotations

import time

import pytest
from prometheus_client import CollectorRegistry

from analytics_service.engine import Engine, on_threads
from analytics_service.metrics import ReconciliationMetrics
from analytics_service.storage.reconciliations import MongoReconciliations
from analytics_service.use_cases.reconcile import Reconcile
from analytics_service.use_cases.reported import Reported
from service_kit.clock import SystemClock
from tests.unit.analytics_service.histories import everything
from tests.unit.analytics_service.ledgers import LedgerInMemory
from tests.unit.analytics_service.reconciliation_contract import ReconciliationsContract


@pytest.fixture
def kept(collections) -> MongoReconciliations:
    return MongoReconciliations(collections)


class TestMongoReconciliations(ReconciliationsContract):
    pass


def test_a_file_that_is_gone_fails_the_run_and_a_file_of_other_rows_is_a_break(lake, kept):
    records = everything()
    for first in range(0, len(records), 10):
        lake.put(*(record.event for record in records[first : first + 10]))
    reported = Reported(lake.manifest, lake.folder, Engine(on_threads))
    clock = SystemClock()
    job = Reconcile(
        LedgerInMemory(records), reported, kept, ReconciliationMetrics(CollectorRegistry(), time.time), clock, 60.0
    )
    job.run_once()
    assert (kept.upto(), sum(kept.breaks().values())) == (len(records), 0)

    first, second, *_ = (lake.folder.path(file.path) for file in lake.manifest.snapshot().files)
    whole = first.read_bytes()
    first.write_bytes(second.read_bytes())
    job.run_once()
    # As many rows as before, but others.
    assert {kind for kind, count in kept.breaks().items() if count} == {"totals", "account"}
    (broken,) = (interval for interval in kept.latest(10) if not interval.agrees)
    assert (broken.after, broken.upto) == (0, len(records))

    first.unlink()
    with pytest.raises(FileNotFoundError):
        job.run_once()
    first.write_bytes(whole)
    job.run_once()
    assert sum(kept.breaks().values()) == 0
