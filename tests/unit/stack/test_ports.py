"""Ports in use are named, with their owner and the variable that moves them."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from stack import ports
from stack.errors import StackError
from stack.process_list import Process
from stack.system_processes import port_owner


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def process(port: int) -> Process:
    return Process("thing", "server", port, "thing", "redis")


def test_a_port_in_use_is_told_with_its_variable(taken: int) -> None:
    with pytest.raises(StackError, match=rf"port {taken} \(thing\) is in use by .*STACK_PORT_OFFSET \(now 0"):
        ports.require_free([process(taken)], 0)


def test_a_port_that_browsers_refuse_is_told_before_anything_starts_there() -> None:
    with pytest.raises(
        StackError, match=r"port 6000 \(thing\) is one that browsers refuse: .*STACK_PORT_OFFSET \(now 1000"
    ):
        ports.require_free([process(5000)], 1000)


def test_auto_passes_over_a_port_that_browsers_refuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_claims", lambda: tmp_path)
    monkeypatch.setattr(ports, "CANDIDATES", (1000, 1001))
    monkeypatch.setattr(ports, "is_free", lambda port: True)

    assert ports.free_offset([process(5000)], tmp_path / "mine") == 1001


def test_the_owner_of_a_port_is_found(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # A process doesn't look at itself; as somebody else it would see this.
    monkeypatch.setattr(os, "getpid", lambda: 0)

    assert port_owner(taken).startswith("pid ")


def test_nobody_owns_a_free_port(taken: int) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]

    assert ports.is_free(free)
    assert port_owner(free) == ""


def test_auto_passes_over_an_offset_with_a_port_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_claims", lambda: tmp_path)
    monkeypatch.setattr(ports, "CANDIDATES", (0, 1))
    # Of real ports the next one may be taken as well, by whoever else is at work on the machine.
    monkeypatch.setattr(ports, "is_free", lambda port: port != 5000)

    assert ports.free_offset([process(5000)], tmp_path / "mine") == 1


def test_auto_passes_over_an_offset_that_another_stack_has_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "_claims", lambda: tmp_path)
    monkeypatch.setattr(ports, "CANDIDATES", (0, 1))
    other = tmp_path / "other"
    other.mkdir()
    (other / "stack.json").touch()
    (tmp_path / "0").write_text(str(other))

    assert ports.free_offset([], tmp_path / "mine") == 1


@pytest.mark.parametrize("value", ["-1", "x", "6000"])
def test_an_offset_that_is_no_offset_is_refused(value: str) -> None:
    with pytest.raises(StackError, match="STACK_PORT_OFFSET"):
        ports.wanted_offset({"STACK_PORT_OFFSET": value})


def test_the_offset_is_0_unless_it_is_set() -> None:
    assert ports.wanted_offset({}) == 0
    assert ports.wanted_offset({"STACK_PORT_OFFSET": "auto"}) is None
