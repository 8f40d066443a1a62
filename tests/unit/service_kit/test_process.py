from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any

import orjson
import pytest
from prometheus_client import CollectorRegistry

from service_kit.health import HealthServer
from service_kit.metrics import new_registry
from service_kit.process import NoProgress, Progress, StopSignal, run
from tests.manual_clock import ManualClock


def get(port: int, path: str) -> tuple[int, Any]:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, orjson.loads(body) if path != "/metrics" else body.decode()


def run_once(loop: Callable[[StopSignal], None], port: int = 0) -> int:
    return run("tests", loop, host="127.0.0.1", port=port, registry=CollectorRegistry(), ready={}, progress=Progress())


def test_a_process_whose_checks_pass_is_ready() -> None:
    registry = new_registry("tests", process="relay", revision="unknown")
    with HealthServer("127.0.0.1", 0, registry, {"mongo": lambda: None}) as server:
        assert get(server.port, "/healthz") == (200, {"status": "alive"})
        assert get(server.port, "/readyz") == (200, {"status": "ready", "checks": {"mongo": "ok"}})
        status, text = get(server.port, "/metrics")
        assert status == 200
        assert "build_info" in text
        assert get(server.port, "/elsewhere")[0] == 404


def test_readiness_names_the_check_that_fails_and_hides_secrets() -> None:
    def broken() -> None:
        raise ConnectionError("mongodb://ledger:hunter22@127.0.0.1/ refused")

    with HealthServer("127.0.0.1", 0, CollectorRegistry(), {"mongo": broken, "kafka": lambda: None}) as server:
        status, body = get(server.port, "/readyz")
    assert status == 503
    assert body["checks"]["kafka"] == "ok"
    assert body["checks"]["mongo"].startswith("ConnectionError: mongodb://")
    assert "hunter22" not in body["checks"]["mongo"]


def test_a_loop_that_does_not_come_round_is_not_ready() -> None:
    clock = ManualClock()
    progress = Progress(clock, stale_after_seconds=30)
    clock.advance(29)
    progress.check()
    clock.advance(2)
    with pytest.raises(NoProgress, match="31 s"):
        progress.check()
    progress.beat()
    progress.check()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_loop_and_the_process_ends_well(number: signal.Signals) -> None:
    def loop(stop: StopSignal) -> None:
        os.kill(os.getpid(), number)
        assert stop.wait(5)

    assert run_once(loop) == 0


def test_a_crash_is_logged_once_and_the_process_ends_badly(capsys: pytest.CaptureFixture[str]) -> None:
    def loop(stop: StopSignal) -> None:
        raise RuntimeError("our own fault")

    assert run_once(loop) == 1
    assert capsys.readouterr().out.count("RuntimeError: our own fault") == 1


def test_a_loop_that_ends_unasked_is_no_good_end() -> None:
    assert run_once(lambda stop: None) == 1


def test_a_port_in_use_is_named_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with HealthServer("127.0.0.1", 0, CollectorRegistry(), {}) as taken:
        assert run_once(lambda stop: None, port=taken.port) == 2
        shown = capsys.readouterr().err
        assert shown == f"tests: port {taken.port} on 127.0.0.1 is in use; stop what listens there or set HTTP_PORT\n"


def test_signals_are_the_callers_again_afterwards() -> None:
    before = signal.getsignal(signal.SIGTERM)
    run_once(lambda stop: None)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_client_that_says_nothing_holds_up_nobody() -> None:
    registry = CollectorRegistry()
    with HealthServer("127.0.0.1", 0, registry, {}) as server:
        silent = HTTPConnection("127.0.0.1", server.port, timeout=5)
        silent.connect()
        assert get(server.port, "/healthz")[0] == 200
        silent.close()
    assert threading.active_count() < 50
