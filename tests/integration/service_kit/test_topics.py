from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from kafka.admin import KafkaAdminClient

from service_kit import topics
from service_kit.topics import Wanted, create_missing


@pytest.fixture
def name(admin: KafkaAdminClient) -> Iterator[str]:
    name = f"test-{uuid4().hex[:12]}"
    yield name
    admin.delete_topics([name])


def test_a_missing_topic_is_created_and_a_second_run_finds_nothing_to_do(admin: KafkaAdminClient, name: str) -> None:
    wanted = {name: Wanted(3, {"cleanup.policy": "compact", "min.insync.replicas": "1"})}
    assert create_missing(admin, wanted) == ([name], [])
    assert create_missing(admin, wanted) == ([], [])


def test_a_topic_with_other_settings_is_named_and_left_as_it_is(admin: KafkaAdminClient, name: str) -> None:
    create_missing(admin, {name: Wanted(1, {"cleanup.policy": "delete"})})
    created, differing = create_missing(admin, {name: Wanted(3, {"cleanup.policy": "compact"})})
    assert created == []
    assert differing == [
        f"{name}: 1 partitions, topics.yaml says 3",
        f"{name}: cleanup.policy=delete, topics.yaml says compact",
    ]


def test_the_command_makes_every_topic_of_the_contracts(
    kafka_bootstrap: str, admin: KafkaAdminClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", kafka_bootstrap)
    assert topics.main() == 0
    assert {"users", "users.dlq", "transactions"} <= set(admin.list_topics())
    assert "topics: created" in capsys.readouterr().out
