"""The promises of manifest and ingester over a real MongoDB."""

from __future__ import annotations

import threading

import pytest

from analytics_service.ports import NotSetUpError
from service_kit import mongo
from tests.unit.analytics_service.ingester_contract import IngesterContract
from tests.unit.analytics_service.lakes import messages, transfer
from tests.unit.analytics_service.manifest_contract import ManifestContract


class TestMongoManifest(ManifestContract):
    pass


class TestIngesterOverMongo(IngesterContract):
    pass


def test_two_ingesters_at_once_write_each_position_once(lake):
    """Both get all of it, in batches of their own making."""

    def work(size):
        for first in range(1, 201, size):
            lake.ingester.handle(messages(map(transfer, range(first, min(first + size, 201)))))

    threads = [threading.Thread(target=work, args=(size,)) for size in (23, 31)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert lake.positions() == list(range(1, 201))
    assert lake.manifest.snapshot().covered.to_list()[0][:2] == (1, 200)


def test_offsets_never_go_back(lake, collections):
    lake.ingester.handle(messages([transfer(1)], first_offset=500))
    lake.ingester.handle(messages([transfer(2)], first_offset=3))
    assert collections.state.find_one()["offsets"] == {"transactions-0": 501}


def test_without_its_set_up_it_says_what_to_do(manifest, collections):
    collections.state.drop()
    with pytest.raises(NotSetUpError, match="set_up"):
        manifest.state()
    collections.set_up()
    collections.set_up()
    assert manifest.state().version == 0


def test_a_client_sees_what_another_has_committed(lake, manifest, mongo_url):
    lake.put(transfer(1))
    from analytics_service.storage.collections import Collections
    from analytics_service.storage.manifest import MongoManifest

    other = mongo.connect(mongo_url("analytics_service"), "test")
    assert MongoManifest(Collections(other)).snapshot().files == manifest.snapshot().files
    other.close()
