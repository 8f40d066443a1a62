from __future__ import annotations

import pytest

from contracts.topics import Topic, topics
from service_kit import topics as command
from service_kit.topics import Wanted, differences, wanted_topics


def topic(name: str, consumers: tuple[str, ...]) -> Topic:
    return Topic(name, "", f"{name}.v1.json", (), consumers, 3, {"cleanup.policy": "delete"})


def test_dead_letters_exist_beside_every_topic_that_has_consumers() -> None:
    wanted = wanted_topics({"a": topic("a", ("worker",)), "b": topic("b", ())})
    assert sorted(wanted) == ["a", "a.dlq", "b"]
    assert wanted["a"] == Wanted(3, {"cleanup.policy": "delete"})


def test_the_dead_letters_of_the_contracts_can_hold_every_message() -> None:
    for name, each in wanted_topics(topics()).items():
        if name.endswith(".dlq"):
            assert int(each.config["max.message.bytes"]) > 1_048_588


def test_a_topic_as_it_should_be_differs_in_nothing() -> None:
    assert differences("a", Wanted(3, {"cleanup.policy": "delete"}), 3, {"cleanup.policy": "delete", "x": "y"}) == []


def test_an_address_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "kafka")
    assert command.main() == 2
    assert "host:port" in capsys.readouterr().err
