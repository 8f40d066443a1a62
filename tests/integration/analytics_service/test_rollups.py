"""The promises of the rollups over a real MongoDB."""

from __future__ import annotations

import threading

import pytest

from analytics_service.domain.rollups import Span, Sums
from analytics_service.ports import RollupsNotFilledError
from analytics_service.rolling_up import fill_rollups
from tests.unit.analytics_service.lakes import messages, transfer
from tests.unit.analytics_service.rollups_contract import MIDNIGHT, PAID, RollupsContract, cells


class TestMongoRollups(RollupsContract):
    pass


def of_before(collections):
    """As a release without rollups left it; then set up by this one."""
    collections.rollups.drop()
    collections.state.update_one({}, {"$unset": {"rolled_up": 1, "minutes_from": 1}})
    collections.set_up()


def test_the_rollups_of_an_older_lake_are_filled_while_an_ingester_goes_on(lake, collections):
    lake.put(*map(transfer, range(1, 101)))
    of_before(collections)
    with pytest.raises(RollupsNotFilledError):
        lake.rollups.read([Span("day")])

    def go_on():
        for first in range(101, 301, 10):
            lake.ingester.handle(messages(map(transfer, range(first, first + 10))))

    ingesting = threading.Thread(target=go_on)
    ingesting.start()
    fill_rollups(lake.manifest, lake.folder)
    ingesting.join(60)
    assert cells(lake, "day") == {MIDNIGHT: {PAID: Sums(300, 375_000)}}
    assert lake.positions() == list(range(1, 301))


def test_two_ingesters_at_once_count_each_position_once(lake):
    def work(size):
        for first in range(1, 201, size):
            lake.ingester.handle(messages(map(transfer, range(first, min(first + size, 201)))))

    threads = [threading.Thread(target=work, args=(size,)) for size in (23, 31)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert cells(lake, "day") == {MIDNIGHT: {PAID: Sums(200, 250_000)}}
