"""docs/asyncapi.yaml is what contracts/ says, and holds together.

AsyncAPI's own JSON Schema comes in no package of ours, so what it asks of the parts that we use is said here again.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from contracts.codec import validator_of
from contracts.topics import topics
from stack.event_document import PAGE, document, page
from stack.process_list import load_process_list

DOCUMENT = yaml.safe_load(PAGE.read_text(encoding="utf-8"))
MESSAGES = DOCUMENT["components"]["messages"]
NAME = re.compile(r"[\w.-]+\Z", re.ASCII)
FIELDS = {
    "channels": {"address", "description", "messages", "bindings"},
    "operations": {"action", "title", "tags", "channel", "messages", "bindings"},
    "messages": {"name", "summary", "contentType", "headers", "payload", "bindings", "examples"},
}


def refs(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [ref for value in part.values() for ref in refs(value)]
    return [ref for value in part for ref in refs(value)] if isinstance(part, list) else []


def found(ref: str) -> Any:
    part: Any = DOCUMENT
    for name in ref.removeprefix("#/").split("/"):
        part = part[name]
    return part


def test_the_document_is_what_the_command_would_write() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "make documents"
    assert document() == DOCUMENT


def test_every_reference_leads_somewhere() -> None:
    assert len({json.dumps(found(ref)) for ref in refs(DOCUMENT)}) > 20


def test_only_fields_and_names_of_the_specification_are_used() -> None:
    assert set(DOCUMENT) == {
        "asyncapi",
        "info",
        "defaultContentType",
        "servers",
        "channels",
        "operations",
        "components",
    }
    parts = {**{name: DOCUMENT[name] for name in ("channels", "operations")}, "messages": MESSAGES}
    for kind, entries in parts.items():
        for name, entry in entries.items():
            assert NAME.match(name), name
            assert entry.keys() <= FIELDS[kind], name
    assert all(NAME.match(name) for name in DOCUMENT["components"]["schemas"])


@pytest.mark.parametrize("topic", topics().values(), ids=lambda topic: topic.name)
def test_every_process_has_an_operation_for_what_it_sends_and_receives(topic) -> None:
    for action, processes in (("send", topic.producers), ("receive", topic.consumers)):
        for process in processes:
            operation = DOCUMENT["operations"][f"{process}.{topic.name}"]
            assert (operation["action"], operation["channel"]) == (action, {"$ref": f"#/channels/{topic.name}"})
    for process in topic.consumers:
        assert DOCUMENT["operations"][f"{process}.{topic.dead_letters}"]["action"] == "send"


def test_an_operation_has_messages_of_its_own_channel_and_of_all_its_types() -> None:
    for operation in DOCUMENT["operations"].values():
        channel = operation["channel"]["$ref"]
        assert {message["$ref"] for message in operation["messages"]} == {
            f"{channel}/messages/{name}" for name in found(channel)["messages"]
        }


def test_the_processes_are_those_that_run_and_a_consumers_group_has_its_name() -> None:
    processes = load_process_list().processes
    running = {process.name for process in processes}
    modules = {word for process in processes for word in process.command.split()}
    for name, operation in DOCUMENT["operations"].items():
        assert ".".join(name.split(".")[:2]) in modules
        if operation["action"] == "receive":
            assert operation["bindings"]["kafka"]["groupId"]["const"] in running


@pytest.mark.parametrize("name", [name for name in MESSAGES if name != "dead_letter"])
def test_every_example_obeys_its_message_and_no_other(name) -> None:
    def validator(of: str, part: str) -> Any:
        schema = {"components": DOCUMENT["components"], **MESSAGES[of][part]}
        return validator_of(schema)

    other = next(each for each in MESSAGES if each not in (name, "dead_letter"))
    assert MESSAGES[name]["examples"]
    for example in MESSAGES[name]["examples"]:
        validator(name, "payload").validate(example["payload"])
        validator(name, "headers").validate(example["headers"])
        for part in ("payload", "headers"):
            assert not validator(other, part).is_valid(example[part])
