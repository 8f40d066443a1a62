"""What the platform shows of itself: every target scraped, one trace from the request to the inbox and the lake."""

import re
import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bench.stacks import Platform
from bench.topic import positions_on_topic
from stack.process_list import Process, load_process_list
from tests.e2e.api_client import GRANT, Client
from tests.e2e.mailbox import Mailbox
from tests.waiting import TIMEOUT_SECONDS, eventually

HOPS = {"post /v1/transfers", "ledger decide and commit", "transactions publish"}
LETTER = "deliver notification"
STORES = {"publish": "redis", "notification.update": "mongodb"}
"""What the notification service does with a single one: the hint to live streams, and the delivery's end."""
DELAY = "notification_commit_to_notified_seconds"
CONSUMERS = {"notification_service", "analytics_service"}
OWN = [process for process in load_process_list().processes if process.kind == "service"]


def test_every_prometheus_target_is_up(platform: Platform) -> None:
    scraped = {process.name for process in load_process_list().processes if process.metrics}

    def targets() -> dict[str, str]:
        answer = httpx.get(
            f"{platform.prometheus_url}/api/v1/targets", params={"state": "active"}, timeout=TIMEOUT_SECONDS
        ).json()
        return {target["scrapeUrl"]: target["health"] for target in answer["data"]["activeTargets"]}

    assert len(targets()) >= len(scraped)
    eventually(lambda: set(targets().values()) == {"up"}, what=f"all up: {targets()}", within_seconds=30)


@pytest.mark.parametrize("process", OWN, ids=lambda process: process.name)
def test_every_process_tells_how_it_is(process: Process, platform: Platform) -> None:
    url = platform.url(process.name)

    assert httpx.get(f"{url}/healthz", timeout=TIMEOUT_SECONDS).status_code == 200
    assert httpx.get(f"{url}/readyz", timeout=TIMEOUT_SECONDS).status_code == 200
    assert "build_info{" in httpx.get(f"{url}/metrics", timeout=TIMEOUT_SECONDS).text


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


def test_the_trace_of_a_rejected_transfer_goes_on_to_the_letter_about_it(
    member: Callable[[], Client], platform: Platform
) -> None:
    payer, payee = member(), member()

    spans = traced_transfer(payer, payee, platform, amount=2 * GRANT, answer=422, hops=HOPS | {LETTER, *STORES})

    (letter,) = (span for span in spans if span["name"].lower() == LETTER)
    assert letter["localEndpoint"]["serviceName"] == "notification_service"
    assert letter["tags"]["delivery.outcome"] == "delivered"
    assert letter["parentId"] in {span["id"] for span in spans}
    systems = {(span["name"].lower(), span["tags"]["db.system"]) for span in spans if "db.system" in span["tags"]}
    assert systems >= STORES.items()
    subject = "Your transfer of €2,000.00 was not made"
    eventually(lambda: subject in Mailbox(platform, payer.email).subjects(), what="the letter")


def test_the_delay_until_the_inbox_names_traces_that_run_from_the_request_to_the_inbox(
    member: Callable[[], Client], platform: Platform
) -> None:
    payer, payee = member(), member()
    traced_transfer(payer, payee, platform)

    def named() -> set[str]:
        headers = {"Accept": "application/openmetrics-text; version=1.0.0"}
        text = (
            httpx.get(f"{platform.url('notification-consumer')}/metrics", headers=headers, timeout=TIMEOUT_SECONDS)
            .raise_for_status()
            .text
        )
        return set(re.findall(rf'{DELAY}_bucket{{[^}}]*}} \S+ # {{trace_id="([0-9a-f]{{32}})"}}', text))

    def trace(trace_id: str) -> list[dict[str, Any]]:
        answer = httpx.get(f"{platform.zipkin_url}/api/v2/trace/{trace_id}", timeout=TIMEOUT_SECONDS)
        spans: list[dict[str, Any]] = answer.json() if answer.status_code == 200 else []
        return spans

    eventually(
        lambda: any(is_whole(trace(trace_id), HOPS) for trace_id in named()), what="a whole trace by its exemplar"
    )


def is_whole(spans: list[dict[str, Any]], hops: set[str]) -> bool:
    """Whether every hop has sent its span; each process sends them in its own time."""
    names = {span["name"].lower() for span in spans}
    consumers = {span["localEndpoint"]["serviceName"] for span in spans if span["name"] == "process transactions"}
    return names >= hops and consumers == CONSUMERS


def traced_transfer(
    payer: Client, payee: Client, platform: Platform, *, amount: int = 1, answer: int = 201, hops: set[str] = HOPS
) -> list[dict[str, Any]]:
    """Send until one transfer was sampled (sampling is limited by the second) alone in its batch; its whole trace."""
    for _ in range(10):
        request_id = uuid.uuid4().hex
        headers = {"Idempotency-Key": uuid.uuid4().hex, "X-Request-ID": request_id}
        body = {"payee": payee.username, "amount": amount, "currency": "EUR"}
        assert payer.post_transfer(json=body, headers=headers).status_code == answer
        if spans := _trace_of(request_id, platform, hops):
            return spans
    raise AssertionError("none of ten transfers has a whole trace")


def _trace_of(request_id: str, platform: Platform, hops: set[str]) -> list[dict[str, Any]]:
    """The trace of the request once it is whole; empty when it was not sampled."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        query: dict[str, str | int] = {"annotationQuery": f"request.id={request_id}", "lookback": 600_000, "limit": 1}
        found: list[list[dict[str, Any]]] = (
            httpx.get(f"{platform.zipkin_url}/api/v2/traces", params=query, timeout=TIMEOUT_SECONDS)
            .raise_for_status()
            .json()
        )
        if found and is_whole(found[0], hops):
            return found[0]
        time.sleep(0.5)
    return []
