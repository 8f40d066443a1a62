"""Reports on a real Dask cluster of two workers: the same answers, whichever process dies meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry

from analytics_service.engine import Engine, EngineUnavailable
from analytics_service.engine.cluster import Cluster
from analytics_service.filters import Selection
from analytics_service.metrics import WebMetrics
from analytics_service.reports import REPORTS, FiguresTooLargeError
from analytics_service.use_cases.reports import Reports
from service_kit.clock import SystemClock
from tests.integration.analytics_service.clusters import START_SECONDS, DaskCluster
from tests.unit.analytics_service import added_up
from tests.unit.analytics_service.histories import everything
from tests.unit.analytics_service.lakes import TestLake, transfer, user
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(400)
CONNECT_SECONDS = 20.0
"""On a machine that is busy; where nobody listens it is how long a test waits to hear so."""
ANN = Selection(user_id=user("ann"), account="account-ann-EUR")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[DaskCluster]:
    """A scheduler and two workers."""
    made = DaskCluster(tmp_path_factory.mktemp("dask"))
    made.start_worker()
    made.start_worker()
    yield made
    made.end()


@pytest.fixture
def workers(cluster) -> Iterator[Cluster]:
    """The service's side of it."""
    made = Cluster(cluster.address, SystemClock(), CONNECT_SECONDS)
    yield made
    made.close()


@pytest.fixture(scope="module")
def lake(tmp_path_factory) -> TestLake:
    """Of a history with every type of event, a file for each few of them."""
    return added_up.lake_of(everything(), tmp_path_factory.mktemp("lake"), batch=2)


def reports(lake: TestLake, workers: Cluster, pandas_rows_max: int = 0) -> Reports:
    engine = Engine(workers, pandas_rows_max, piece_rows=1, condensed_piece_rows=1)
    return Reports(lake.manifest, lake.folder, engine, WebMetrics(CollectorRegistry(), REPORTS), lake.clock.monotonic)


def has_workers(cluster: DaskCluster, number: int) -> None:
    """Wait until the scheduler knows so many."""
    from distributed import Client

    with Client(cluster.address, set_as_default=False) as client:
        eventually(lambda: len(client.nthreads()) == number, what=f"{number} workers", within_seconds=START_SECONDS)


@pytest.mark.parametrize("selection", [Selection(zone="Europe/Berlin"), ANN], ids=["all", "ann"])
def test_every_report_is_the_same_as_with_pandas(cluster, tmp_path, workers, selection):
    has_workers(cluster, 2)
    lake = added_up.lake_of(everything(), tmp_path, batch=11)
    asked = [report for report in REPORTS.values() if not report.misses(selection)]
    with_pandas = added_up.reports(lake).answer(asked, selection)
    on_the_cluster = reports(lake, workers).answer(asked, selection)
    assert (with_pandas.engine, on_the_cluster.engine) == ("pandas", "dask")
    assert on_the_cluster.figures == with_pandas.figures


def test_the_connection_is_made_once(lake, workers):
    for _ in range(2):
        reports(lake, workers).answer([REPORTS["totals"]], Selection())
        made = workers.connection
        assert made.status == "running"
    reports(lake, workers).answer([REPORTS["totals"]], Selection())
    assert workers.connection is made


def test_whoever_watches_can_stop_it_and_the_pieces_that_wait_are_called_off(lake, workers):
    class Stopped(Exception):
        pass

    told = []

    def stop(done, total):
        told.append((done, total))
        raise Stopped

    with pytest.raises(Stopped):
        reports(lake, workers).answer([REPORTS["totals"]], Selection(), watch=stop)
    assert told == [(1, len(lake.manifest.snapshot().files))]
    eventually(lambda: not workers.connection.who_has(), what="all of it is forgotten", within_seconds=START_SECONDS)


def test_what_is_wrong_with_the_figures_is_said_as_it_is_here(tmp_path, workers):
    lake = TestLake(tmp_path)
    lake.put(*(transfer(position, amount=2**53 - 1) for position in range(1, 1025)))
    with pytest.raises(FiguresTooLargeError):
        reports(lake, workers).answer([REPORTS["totals"]], Selection())


def test_a_worker_that_is_killed_in_the_middle_of_a_run_changes_nothing(cluster, lake, workers):
    has_workers(cluster, 2)
    asked = [REPORTS[name] for name in ("totals", "accounts", "amounts", "users_per_day")]
    killed = []

    def kill_one(done: int, total: int) -> None:
        if done >= 5 and not killed:
            killed.append(cluster.workers.pop(0))
            killed[0].kill()

    answer = reports(lake, workers).answer(asked, Selection(), watch=kill_one)
    assert killed
    assert killed[0].wait(60) == -9
    assert answer.figures == added_up.reports(lake).answer(asked, Selection()).figures
    cluster.start_worker()
    has_workers(cluster, 2)


def test_a_scheduler_that_dies_in_the_middle_is_said_and_once_it_is_back_all_is_well(cluster, lake):
    workers = Cluster(cluster.address, SystemClock(), CONNECT_SECONDS)
    asked = [REPORTS["totals"]]

    def kill_it(done: int, total: int) -> None:
        if cluster.scheduler.poll() is None:
            cluster.scheduler.kill()
            cluster.scheduler.wait(60)

    with pytest.raises(EngineUnavailable) as refused:
        reports(lake, workers).answer(asked, Selection(), watch=kill_it)
    assert cluster.scheduler.poll() == -9
    assert int(refused.value.headers["Retry-After"]) > 0
    with pytest.raises(EngineUnavailable):
        reports(lake, workers).answer(asked, Selection())
    small = reports(lake, workers, pandas_rows_max=10**6).answer(asked, Selection())
    assert small.engine == "pandas"

    cluster.start_scheduler()
    for worker in cluster.workers:
        worker.kill()
        worker.wait(60)
    cluster.workers.clear()
    cluster.start_worker()
    cluster.start_worker()
    has_workers(cluster, 2)

    def answered() -> bool:
        try:
            return reports(lake, workers).answer(asked, Selection()).figures == small.figures
        except EngineUnavailable:
            return False

    eventually(answered, what="large reports are there again", within_seconds=START_SECONDS)
    workers.close()
