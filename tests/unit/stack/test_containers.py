"""A container beside the native servers is as confined as docker-compose.yml has it, and shows no secret."""

import json
import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from stack.containers import IMAGE_USER, LAKE, are_wanted, container_name, give_lake, require
from stack.errors import StackError
from stack.launch_files import containers_of, launch_file, write_launch_file
from stack.layout import ROOT, Layout
from stack.process_list import load_process_list
from stack.secret_files import SecretFiles
from stack.state import State
from stack.variables import Variables

MakeVariables = Callable[..., Variables]
Words = Callable[[str], list[str]]
OURS = [process.name for process in load_process_list().processes if process.kind == "service"]
SET_UPS = [item.name for item in load_process_list().set_up]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


@pytest.fixture
def shell_of(layout: Layout, variables_with: MakeVariables) -> Callable[[str], str]:
    """What the shell is told that starts a process or a set-up command as a container."""

    def shell(name: str) -> str:
        item = next(item for item in load_process_list().items if item.name == name)
        write_launch_file(layout, State(offset=500), item, variables_with(), in_container=True)
        command: list[str] = json.loads(launch_file(layout, name).read_text())["command"]
        assert command[:2] == ["/bin/sh", "-c"]
        return command[2]

    return shell


@pytest.fixture
def words_of(shell_of: Callable[[str], str]) -> Words:
    """The words of `docker run` in it."""
    return lambda name: shlex.split(shell_of(name).partition("; exec ")[2])


def given(words: list[str], option: str) -> list[str]:
    return [words[place + 1] for place, word in enumerate(words) if word == option]


@pytest.mark.parametrize("name", [*OURS, *SET_UPS])
def test_it_may_do_no_more_than_in_compose(name: str, words_of: Words) -> None:
    compose, words = COMPOSE[name], words_of(name)

    assert given(words, "--tmpfs") == compose["tmpfs"]
    assert given(words, "--cap-drop") == compose["cap_drop"]
    assert [f"{option}:true" for option in given(words, "--security-opt")] == compose["security_opt"]
    assert [float(cpus) for cpus in given(words, "--cpus")] == [compose["cpus"]]
    assert given(words, "--cpu-shares") == ([str(compose["cpu_shares"])] if "cpu_shares" in compose else [])
    assert given(words, "--memory") == [compose["mem_limit"]]
    assert {"--init", "--read-only"} <= set(words)
    assert (compose["init"], compose["read_only"]) == (True, True)
    assert words[words.index(compose["image"]) + 1 :] == compose["command"]


@pytest.mark.parametrize("name", OURS)
def test_no_secret_is_in_a_command(name: str, shell_of: Callable[[str], str], secrets: SecretFiles) -> None:
    said = shell_of(name)

    assert not [file.name for file in secrets.path("x").parent.iterdir() if file.read_text().strip() in said]


def test_one_that_was_left_behind_makes_room_and_nobody_else_does(
    shell_of: Callable[[str], str], words_of: Words, layout: Layout
) -> None:
    name = container_name(layout.directory, "auth-web")

    assert shell_of("auth-web").startswith(f"docker rm --force {name} >/dev/null 2>&1; exec docker run ")
    assert given(words_of("auth-web"), "--name") == [name]
    assert name != container_name(Path("/elsewhere"), "auth-web")


def test_only_who_keeps_the_lake_sees_it(words_of: Words, layout: Layout) -> None:
    assert given(words_of("analytics-ingester"), "--volume") == [f"{layout.data / 'lake'}:{LAKE}"]
    assert f"LAKE_DIRECTORY={LAKE}" in words_of("analytics-ingester")
    assert "--volume" not in words_of("auth-web")


@pytest.mark.parametrize(("uid", "user"), [(0, []), (1234, [f"1234:{os.getgid()}"])])
def test_it_is_not_root(words_of: Words, monkeypatch: pytest.MonkeyPatch, uid: int, user: list[str]) -> None:
    """Root's is the user of the image, which the Dockerfile says."""
    monkeypatch.setattr(os, "getuid", lambda: uid)

    assert given(words_of("auth-web"), "--user") == user
    assert f"USER {IMAGE_USER}:{IMAGE_USER}" in (ROOT / "Dockerfile").read_text()


def test_what_a_stack_has_as_containers_is_known_by_its_launch_files(
    shell_of: Callable[[str], str], layout: Layout, variables_with: MakeVariables
) -> None:
    shell_of("auth-web")
    write_launch_file(layout, State(offset=500), load_process_list().process("redis"), variables_with())

    assert containers_of(layout) == [container_name(layout.directory, "auth-web")]


def test_a_link_in_the_lake_gives_nothing_else_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "link").symlink_to("/etc/passwd")
    given_to: list[tuple[str, bool]] = []
    monkeypatch.setattr(os, "getuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda path, *_, follow_symlinks: given_to.append((path.name, follow_symlinks)))

    give_lake(tmp_path / "lake")

    assert given_to == [("lake", False), ("link", False)]


FAKES: list[Any] = [
    ("exit 0", None),
    ('[ "$1" = version ] || { echo "Error response from daemon: no such image" >&2; exit 1; }', "make images"),
    ('echo "permission denied" >&2; exit 1', "needs Docker: permission denied"),
]


@pytest.mark.parametrize(("script", "refusal"), FAKES)
def test_what_is_missing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, refusal: str | None
) -> None:
    docker = tmp_path / "docker"
    docker.write_text(f"#!/bin/sh\n{script}\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    if refusal is None:
        require(load_process_list())
    else:
        with pytest.raises(StackError, match=refusal):
            require(load_process_list())


def test_without_docker_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(StackError, match="STACK_SERVICES=containers needs docker, which is not on PATH"):
        require(load_process_list())


def test_a_way_of_running_that_there_is_not_is_refused_by_its_name() -> None:
    with pytest.raises(StackError, match="STACK_SERVICES=pods: it must be processes or containers"):
        are_wanted({"STACK_SERVICES": "pods"})
