"""A range is ordered by the API and taken up by the relay, a batch at a time."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from contracts.events import is_republished
from service_kit.kafka import PublishFailed
from tests.manual_clock import ManualClock
from tests.unit.transaction_service.ledgers import NOW, an_id
from tests.unit.transaction_service.orders_in_memory import OrdersInMemory
from tests.unit.transaction_service.test_republish import Journal, Kafka
from transaction_service.metrics import RelayMetrics
from transaction_service.ports import Order
from transaction_service.publishing import BATCH_MAX
from transaction_service.republisher import EVERY_SECONDS, Republisher
from transaction_service.routes.ledger import REPUBLISHED_MAX

PATH = "/v1/ledger/republications"


def order(front, first, last, who="watch!republish"):
    return front.post(PATH, json={"from": first, "to": last}, headers={"Authorization": f"Bearer {who}"})


def test_a_range_is_ordered_once_as_long_as_it_waits(front, memory):
    answers = [order(front, 2, 3), order(front, 2, 3), order(front, 4, 4)]
    assert [each.status_code for each in answers] == [202, 202, 202]
    assert [each.json["waiting"] for each in answers] == [1, 1, 2]
    assert memory.orders.waiting == [Order("2-3", 1, 3), Order("4-4", 3, 4)]


@pytest.mark.parametrize("who", ["ann", "sue+admin", "proof!read"])
def test_only_who_has_its_scope_may_order(front, memory, who):
    answer = order(front, 1, 2, who)
    assert (answer.status_code, answer.json["scope"]) == (403, "ledger:republish")
    assert memory.orders.waiting == []


def test_what_the_relay_has_yet_to_publish_is_not_ordered(front, memory):
    head = memory.head()
    answer = order(front, head, head + 1)
    assert (answer.status_code, answer.json["code"]) == (409, "not_published_yet")
    assert answer.json["detail"] == f"The topic has positions up to {head}."


def test_orders_are_bounded_in_number(front, memory):
    memory.orders.room = 1
    order(front, 1, 1)
    answer = order(front, 2, 2)
    assert (answer.status_code, answer.json["code"]) == (409, "too_many_republications")


@pytest.mark.parametrize("last", [1, 2 + REPUBLISHED_MAX])
def test_orders_are_bounded_in_size(front, last):
    answer = order(front, 2, last)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (400, "#/to")


class Bench:
    """The republisher of a journal of 2,000 records, with its clock."""

    def __init__(self, journal=None, kafka=None):
        self.orders = OrdersInMemory()
        self.kafka = kafka or Kafka()
        self.clock = ManualClock(NOW)
        self.registry = CollectorRegistry()
        metrics = RelayMetrics(self.registry)
        self.republisher = Republisher(
            self.orders, journal or Journal(2_000), self.kafka, metrics, self.clock.monotonic
        )

    def turns(self, count):
        for _ in range(count):
            self.republisher.turn()
            self.clock.advance(EVERY_SECONDS)

    def value(self, name, **labels):
        return self.registry.get_sample_value(name, labels)


def test_an_order_is_done_in_order_marked_and_then_gone():
    bench = Bench()
    bench.orders.add(4, 6, NOW)
    bench.turns(2)
    assert [dict(each.headers)["ce_id"].decode() for each in bench.kafka.records] == [an_id(4), an_id(5), an_id(6)]
    assert all(is_republished(each.headers) for each in bench.kafka.records)
    assert bench.orders.waiting == []
    assert bench.value("relay_republished_records_total") == 3
    assert bench.value("relay_republications_total", outcome="done") == 1


def test_a_large_order_takes_a_batch_each_second_so_that_what_is_new_goes_on():
    bench = Bench()
    bench.orders.add(1, BATCH_MAX + 1, NOW)
    bench.republisher.turn()
    bench.republisher.turn()
    assert len(bench.kafka.records) == BATCH_MAX
    bench.turns(2)
    assert len(bench.kafka.records) == BATCH_MAX + 1


def test_where_the_broker_is_away_the_order_stays():
    bench = Bench(kafka=Kafka(batches=0))
    bench.orders.add(4, 6, NOW)
    with pytest.raises(PublishFailed):
        bench.republisher.turn()
    assert bench.orders.oldest() == Order("4-6", 3, 6)


def test_an_order_over_a_gap_in_the_journal_is_dropped_and_counted_and_the_next_one_done():
    bench = Bench(journal=Journal(10, missing=(5,)))
    bench.orders.add(4, 6, NOW)
    bench.orders.add(8, 9, NOW)
    bench.turns(3)
    assert len(bench.kafka.records) == 2
    assert bench.value("relay_republications_total", outcome="failed") == 1
    assert bench.orders.waiting == []
