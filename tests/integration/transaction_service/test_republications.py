"""Orders to publish again, in MongoDB: a short queue, each range once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.transaction_service.ledgers import NOW
from transaction_service.ports import Order
from transaction_service.storage.republications import WAITING_MAX, MongoRepublications


@pytest.fixture
def orders(collections) -> MongoRepublications:
    return MongoRepublications(collections)


def test_the_oldest_order_comes_first_and_is_gone_when_it_is_done(orders):
    orders.add(7, 9, NOW + timedelta(seconds=1))
    orders.add(20, 30, NOW)
    assert orders.oldest() == Order("20-30", 19, 30)
    orders.advance(orders.oldest(), 25)
    assert orders.oldest() == Order("20-30", 25, 30)
    orders.advance(orders.oldest(), 30)
    assert orders.oldest() == Order("7-9", 6, 9)
    orders.drop(orders.oldest())
    assert orders.oldest() is None


def test_a_range_that_waits_is_there_once_and_keeps_how_far_it_is(orders):
    orders.add(7, 9, NOW)
    orders.advance(orders.oldest(), 8)
    assert orders.add(7, 9, NOW + timedelta(seconds=1)) == 1
    assert orders.oldest() == Order("7-9", 8, 9)


def test_an_order_that_two_relays_moved_does_not_go_back(orders):
    orders.add(1, 9, NOW)
    seen = orders.oldest()
    orders.advance(seen, 6)
    orders.advance(seen, 4)
    assert orders.oldest().after == 6


def test_so_many_may_wait_and_no_more(orders):
    assert [orders.add(n, n, NOW) for n in range(1, WAITING_MAX + 1)] == list(range(1, WAITING_MAX + 1))
    assert orders.add(99, 99, NOW) is None
    assert orders.add(1, 1, NOW) == WAITING_MAX
