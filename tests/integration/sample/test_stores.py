"""A sample in a real MongoDB: the ledger proves it, and the lake holds the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analytics_service.storage.collections import Collections as LakeCollections
from analytics_service.storage.manifest import MongoManifest
from sample.__main__ import main
from service_kit import mongo
from tests.integration.transaction_service.conftest import collections  # noqa: F401
from transaction_service import verify

SIZE = 4_000
# Each run starts processes of its own, twice in one test.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def manifest(mongo_url):
    client = mongo.connect(mongo_url("analytics_service"), "test")
    made = LakeCollections(client)
    made.files.drop()
    made.state.drop()
    yield MongoManifest(made)
    made.files.drop()
    made.state.drop()
    client.close()


@pytest.fixture
def sampled(monkeypatch, mongo_url, manifest, collections, tmp_path):  # noqa: F811
    """Runs the command into a folder; its exit code."""
    monkeypatch.setenv("MONGO_URL", mongo_url("transaction_service"))
    monkeypatch.setenv("MONGO_URL_LEDGER", mongo_url("transaction_service"))
    monkeypatch.setenv("MONGO_URL_ANALYTICS", mongo_url("analytics_service"))

    def run(folder: str) -> int:
        return main([str(tmp_path / folder), "--size", str(SIZE), "--until", "2026-06-01"])

    return run


def test_the_ledger_proves_what_the_lake_holds(sampled, manifest, collections, capsys, tmp_path):  # noqa: F811
    assert sampled("one") == 0
    capsys.readouterr()
    assert verify.main(["--json"]) == 0
    proof = json.loads(capsys.readouterr().out)
    lake = manifest.snapshot()
    assert proof["problems"] == {}
    assert proof["totals"] == {"EUR": 0}
    assert lake.covered.watermark.position == proof["head"] == sum(file.rows for file in lake.files)
    assert lake.covered.watermark.occurred_at < datetime(2026, 6, 1, tzinfo=UTC)
    assert all((Path(tmp_path) / "one" / "lake" / file.path).exists() for file in lake.files)
    assert collections.control.find_one({"_id": "relay"})["position"] == proof["head"]


def test_nothing_is_added_to_a_history(sampled, capsys):
    assert sampled("one") == 0
    assert sampled("two") == 1
    assert "refused: the manifest is not empty" in capsys.readouterr().err
