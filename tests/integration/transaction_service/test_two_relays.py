"""Two relay processes: one publishes, and whatever is done to it the other goes on, each position once."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.unit.transaction_service.ledgers import NOW, paying
from tests.waiting import eventually
from transaction_service.storage.cursor import MongoCursor

pytestmark = pytest.mark.usefixtures("people")


class Relays:
    """Relay processes by name; the lease says which of them publishes."""

    def __init__(self, collections, ledger, lease, *places):
        self._collections = collections
        self._ledger = ledger
        self._lease = lease
        self._places = places
        self.processes = {}

    def start(self, name, freeze_at=0):
        module = "tests.integration.transaction_service.served_relay"
        command = [sys.executable, "-m", module, *self._places, name, str(freeze_at)]
        self.processes[name] = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.processes[name].stdout.readline() == "looked\n"

    def signal(self, name, number):
        self.processes[name].send_signal(number)

    def lease(self):
        return self._collections.control.find_one({"_id": "relay"})

    def until_published_by(self, name, position):
        eventually(
            lambda: self.lease()["holder"] == name and self.lease()["position"] >= position,
            what=f"{name} publishes up to {position}",
        )

    def pay(self, *numbers):
        """One transfer each; returns the journal's last position."""
        self._ledger.commit(self._lease, [paying(n, "ann", "bob", 1, traceparent=None) for n in numbers], NOW)
        return self._lease.head

    def is_frozen(self, name):
        stat = Path(f"/proc/{self.processes[name].pid}/stat").read_text(encoding="ascii")
        return stat.rpartition(")")[2].split()[0] == "T"

    def end(self):
        for process in self.processes.values():
            process.kill()
            process.communicate()


@pytest.fixture
def relays(collections, ledger, lease, mongo_url, kafka_bootstrap, topic):
    running = Relays(collections, ledger, lease, mongo_url("transaction_service"), kafka_bootstrap, topic)
    yield running
    running.end()


def positions(published):
    return sorted(orjson.loads(record.value)["position"] for record in published())


def test_the_standby_takes_over_from_a_killed_relay(relays, published):
    relays.start("first")
    relays.until_published_by("first", 5)
    relays.start("second")
    relays.signal("first", signal.SIGKILL)
    last = relays.pay(1, 2, 3)
    relays.until_published_by("second", last)
    assert positions(published) == list(range(1, last + 1))


def test_a_frozen_relay_that_wakes_up_publishes_nothing_and_leaves_the_cursor_alone(relays, collections, published):
    relays.start("first", freeze_at=6)
    relays.until_published_by("first", 5)
    relays.start("second")
    last = relays.pay(1, 2)
    eventually(lambda: relays.is_frozen("first"), what="the first freezes with a batch in hand")
    relays.until_published_by("second", last)
    last = relays.pay(3, 4)
    relays.until_published_by("second", last)

    relays.signal("first", signal.SIGCONT)
    last = relays.pay(5)
    relays.until_published_by("second", last)
    # That it is a standby again proves that it has come to its senses; what it would do it has done.
    relays.signal("second", signal.SIGKILL)
    last = relays.pay(6)
    relays.until_published_by("first", last)

    assert positions(published) == list(range(1, last + 1))
    assert MongoCursor(collections).position() == last
    assert relays.lease()["epoch"] == 3


def test_a_relay_that_is_told_to_stop_gives_the_lease_back_so_that_nobody_waits_for_its_end(relays, published):
    relays.start("first")
    relays.until_published_by("first", 5)
    relays.signal("first", signal.SIGTERM)
    assert relays.processes["first"].wait(timeout=20) == 0
    assert relays.lease()["holder"] is None
    relays.start("second")
    last = relays.pay(1)
    relays.until_published_by("second", last)
    assert positions(published) == list(range(1, last + 1))
