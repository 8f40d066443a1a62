"""Processes of a running platform that stand still for a while, so that others can be measured by themselves."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench.stacks import Platform
from stack.supervision import Supervisor

STOP_SECONDS = 30


@contextmanager
def stopped(platform: Platform, names: Sequence[str]) -> Iterator[Supervisor]:
    """They stand still, and go on at the end, whether somebody has started them meanwhile or not."""
    supervisor = Supervisor(platform.stack.layout)
    for name in names:
        supervisor.stop_process(name)
    supervisor.wait_until_stopped(names, STOP_SECONDS)
    try:
        yield supervisor
    finally:
        for name in names:
            supervisor.start_process(name)


@contextmanager
def started(supervisor: Supervisor, names: Sequence[str]) -> Iterator[None]:
    """They work for a while."""
    for name in names:
        supervisor.start_process(name)
    try:
        yield
    finally:
        for name in names:
            supervisor.stop_process(name)
        supervisor.wait_until_stopped(names, STOP_SECONDS)
