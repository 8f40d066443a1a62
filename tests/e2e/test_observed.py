"""What the platform shows of itself: every target scraped, one trace from the request to the inbox and the lake."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bench.stacks import Platform
from bench.topic import positions_on_topic
from stack.process_list import Process, load_process_list
from tests.e2e.api_client import Client
from tests.waiting import eventually

HOPS = {"post /v1/transfers", "ledger decide and commit", "transactions publish"}
CONSUMERS = {"notification_service", "analytics_service"}
OWN = [process for process in load_process_list().processes if process.kind == "service"]


def test_every_prometheus_target_is_up(platform: Platform) -> None:
    scraped = {process.name for process in load_process_list().processes if process.metrics}

    def targets() -> dict[str, str]:
        answer = httpx.get(f"{platform.prometheus_url}/api/v1/targets", params={"state": "active"}).json()
        return {target["scrapeUrl"]: target["health"] for target in answer["data"]["activeTargets"]}

    assert len(targets()) >= len(scraped)
    eventually(lambda: set(targets().values()) == {"up"}, what=f"all up: {targets()}", within_seconds=30)


@pytest.mark.parametrize("process", OWN, ids=lambda process: process.name)
def test_every_process_tells_how_it_is(process: Process, platform: Platform) -> None:
    url = platform.url(process.name)

    assert httpx.get(f"{url}/healthz").status_code == 200
    assert httpx.get(f"{url}/readyz").status_code == 200
    assert "build_info{" in httpx.get(f"{url}/metrics").text


def test_one_trace_runs_from_the_request_over_the_ledger_to_both_consumers(
    member: Callable[[], Client], platform: Platform
) -> None:
    payer, payee = member(), member()

    spans = traced_transfer(payer, payee, platform)

    assert len({span["traceId"] for span in spans}) == 1
    by_name = {span["name"].lower(): span for span in spans}
    request = by_name["post /v1/transfers"]
    assert by_name["ledger decide and commit"]["traceId"] == request["traceId"]
    assert int(by_name["transactions publish"]["tags"]["ledger.position"]) in positions_on_topic(
        platform.kafka_bootstrap_servers
    )


def is_whole(spans: list[dict[str, Any]]) -> bool:
    """Whether every hop has sent its span; each process sends them in its own time."""
    names = {span["name"].lower() for span in spans}
    consumers = {span["localEndpoint"]["serviceName"] for span in spans if span["name"] == "process transactions"}
    return names >= HOPS and consumers == CONSUMERS


def traced_transfer(payer: Client, payee: Client, platform: Platform) -> list[dict[str, Any]]:
    """Send until one transfer was sampled (sampling is limited by the second) alone in its batch; its whole trace."""
    for _ in range(10):
        request_id = uuid.uuid4().hex
        headers = {"Idempotency-Key": uuid.uuid4().hex, "X-Request-ID": request_id}
        body = {"payee": payee.username, "amount": 1, "currency": "EUR"}
        assert payer.post_transfer(json=body, headers=headers).status_code == 201
        if spans := _trace_of(request_id, platform):
            return spans
    raise AssertionError("none of ten transfers has a whole trace")


def _trace_of(request_id: str, platform: Platform) -> list[dict[str, Any]]:
    """The trace of the request once it is whole; empty when it was not sampled."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        query: dict[str, str | int] = {"annotationQuery": f"request.id={request_id}", "lookback": 600_000, "limit": 1}
        found: list[list[dict[str, Any]]] = (
            httpx.get(f"{platform.zipkin_url}/api/v2/traces", params=query).raise_for_status().json()
        )
        if found and is_whole(found[0]):
            return found[0]
        time.sleep(0.5)
    return []
