"""Monitoring's own database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from monitoring.probe_result import Outcome, Probe
from monitoring.storage import PROBES_KEPT, Collections, ProbeResults, Silence
from service_kit import mongo

START = datetime(2026, 11, 1, tzinfo=UTC)


def test_only_the_last_probes_are_kept(mongo_url):
    client = mongo.connect(mongo_url("monitoring"), "test")
    collections = Collections(client)
    collections.probes.drop()
    collections.set_up()
    results = ProbeResults(collections)
    for number in range(PROBES_KEPT + 3):
        results.add(Probe(f"key-{number:03}", START + timedelta(seconds=number), Outcome.OK).document())
    kept = [document["_id"] for document in collections.probes.find().sort("at", 1)]
    assert kept == [f"key-{number:03}" for number in range(3, PROBES_KEPT + 3)]
    collections.probes.drop()
    client.close()


def test_since_when_alerting_is_silent_is_kept_to_the_millisecond_and_forgotten(mongo_url):
    client = mongo.connect(mongo_url("monitoring"), "test")
    collections = Collections(client)
    collections.silence.drop()
    silence, moment = Silence(collections), START + timedelta(milliseconds=7)
    assert silence.since() is None
    silence.keep(moment)
    assert silence.since() == moment
    silence.keep(None)
    assert silence.since() is None
    collections.silence.drop()
    client.close()
