"""A container beside the native servers is as confined as docker-compose.yml has it, and shows no secret."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from stack.containers import are_wanted, container_name
from stack.errors import StackError
from stack.launch_files import launch_file, write_launch_file
from stack.layout import ROOT, Layout
from stack.process_list import load_process_list
from stack.secret_files import SecretFiles
from stack.state import State
from stack.variables import Variables

MakeVariables = Callable[..., Variables]
OURS = [process.name for process in load_process_list().processes if process.kind == "service"]


@pytest.fixture
def words_of(layout: Layout, variables_with: MakeVariables) -> Callable[[str], list[str]]:
    """The words of `docker run` by which a process is started."""

    def words(name: str) -> list[str]:
        process = load_process_list().process(name)
        write_launch_file(layout, State(offset=500), process, variables_with(), in_container=True)
        shell = json.loads(launch_file(layout, name).read_text())["command"]
        assert shell[:2] == ["/bin/sh", "-c"]
        return shlex.split(shell[2].partition("; exec ")[2])

    return words


@pytest.mark.parametrize("name", OURS)
def test_it_may_do_no_more_than_in_compose(name: str, words_of: Callable[[str], list[str]]) -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"][name]
    words = words_of(name)

    def given(option: str) -> list[str]:
        return [words[place + 1] for place, word in enumerate(words) if word == option]

    assert given("--tmpfs") == compose["tmpfs"]
    assert given("--cap-drop") == compose["cap_drop"]
    assert [f"{option}:true" for option in given("--security-opt")] == compose["security_opt"]
    assert given("--memory") == [compose["mem_limit"]]
    assert {"--init", "--read-only"} <= set(words)
    assert (compose["init"], compose["read_only"]) == (True, True)
    assert words[words.index(compose["image"]) + 1 :] == compose["command"]


@pytest.mark.parametrize("name", OURS)
def test_no_secret_is_in_a_command(name: str, words_of: Callable[[str], list[str]], secrets: SecretFiles) -> None:
    said = " ".join(words_of(name))

    assert not [file.name for file in secrets.path("x").parent.iterdir() if file.read_text().strip() in said]


def test_only_who_keeps_the_lake_sees_it(words_of: Callable[[str], list[str]], layout: Layout) -> None:
    lake = f"type=bind,source={layout.data / 'lake'},target={layout.data / 'lake'}"

    assert lake in words_of("analytics-ingester")
    assert "--mount" not in words_of("auth-web")


def test_the_servers_and_other_stacks_are_left_alone(layout: Layout, variables_with: MakeVariables) -> None:
    redis = load_process_list().process("redis")
    write_launch_file(layout, State(offset=500), redis, variables_with())

    assert json.loads(launch_file(layout, "redis").read_text())["command"][0] == "redis-server"
    assert container_name(Path("/a"), "auth-web") != container_name(Path("/b"), "auth-web")


def test_a_way_of_running_that_there_is_not_is_refused_by_its_name() -> None:
    with pytest.raises(StackError, match="STACK_SERVICES=pods: it must be processes or containers"):
        are_wanted({"STACK_SERVICES": "pods"})
