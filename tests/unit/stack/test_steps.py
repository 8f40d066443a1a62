"""Steps wait for one another and for nothing else."""

import threading

import pytest

from stack.steps import Reporter, Step, run_steps


class SilentScreen:
    def __init__(self) -> None:
        self.ended: list[str] = []

    def begin(self, name: str) -> None: ...

    def note(self, name: str, text: str) -> None: ...

    def done(self, name: str, text: str = "") -> None:
        self.ended.append(name)

    def fail(self, name: str, text: str) -> None:
        self.ended.append(f"{name} {text}")


def nothing(_: Reporter) -> str:
    return ""


def test_a_step_begins_after_those_that_it_waits_for() -> None:
    screen = SilentScreen()

    run_steps([Step("c", nothing, ["b"]), Step("b", nothing, ["a"]), Step("a", nothing)], screen)

    assert screen.ended == ["a", "b", "c"]


def test_independent_steps_run_side_by_side() -> None:
    both = threading.Barrier(2, timeout=10)

    def meet(_: Reporter) -> str:
        both.wait()
        return ""

    run_steps([Step("a", meet), Step("b", meet)], SilentScreen())


def test_what_is_not_among_the_steps_counts_as_done() -> None:
    screen = SilentScreen()

    run_steps([Step("a", nothing, ["runs elsewhere"])], screen)

    assert screen.ended == ["a"]


def test_after_a_failure_nothing_begins_and_waiting_ends() -> None:
    screen = SilentScreen()

    def fail(_: Reporter) -> str:
        raise ValueError("no")

    def wait(reporter: Reporter) -> str:
        reporter.sleep(60)
        return ""

    with pytest.raises(ValueError, match="no"):
        run_steps([Step("bad", fail), Step("waiting", wait), Step("later", nothing, ["bad"])], screen)

    assert sorted(screen.ended) == ["bad failed", "waiting given up"]


def test_steps_that_wait_for_one_another_are_named() -> None:
    with pytest.raises(RuntimeError, match="wait for one another"):
        run_steps([Step("a", nothing, ["b"]), Step("b", nothing, ["a"])], SilentScreen())
