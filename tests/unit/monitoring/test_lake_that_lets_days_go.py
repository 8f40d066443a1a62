"""What monitoring makes of a lake whose old days are kept no longer: nothing is missing there, and nothing waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr

from monitoring.asking import SourceAway
from monitoring.journey.services import Analysed, ServiceApi
from monitoring.journey.stages import State
from monitoring.pipeline_api import in_lake
from monitoring.reconciliation.minutes import Figures
from service_kit.service_token import ServiceToken
from tests.manual_clock import ManualClock
from tests.unit.monitoring.pipeline_in_memory import START, PipelineInMemory
from tests.unit.monitoring.reconciling import Auditor
from tests.unit.monitoring.watchers import decided


def analytics(answer: Callable[[httpx.QueryParams], object]) -> ServiceApi:
    """A service that gives these answers to any of our questions."""

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/token":
            return httpx.Response(200, json={"access_token": "token", "expires_in": 300})
        return httpx.Response(200, json=answer(request.url.params))

    http = httpx.Client(transport=httpx.MockTransport(handle))
    token = ServiceToken(http, "http://auth/v1/token", "monitoring", SecretStr("secret"))
    return ServiceApi("analytics_service", http, "http://analytics", token)


def of_a_lake_of(rows: set[int], retired: set[int]) -> ServiceApi:
    """As /v1/lake/coverage counts."""

    def coverage(asked: httpx.QueryParams) -> dict[str, int]:
        inside = set(range(int(asked["after"]) + 1, int(asked["upto"]) + 1))
        counts = {"rows": len(inside & rows), "retired": len(inside & retired)}
        return counts | {"events": len(inside & (rows | retired))}

    return analytics(coverage)


def missing_and_surplus(rows: set[int], retired: set[int]) -> tuple[float, float]:
    """Of the lake, by the reconciliation of three records, of whose minutes the first is open: a notice is lost."""
    pipeline = PipelineInMemory()
    for second in (0, 70, 140):
        pipeline.happen(1, second)
    del pipeline.inbox.has[1]
    clock = ManualClock(START + timedelta(days=30))
    auditor = Auditor(pipeline, clock, lake=in_lake(of_a_lake_of(rows, retired)))
    auditor.job.run_once()
    return auditor.of("missing", "in_lake"), auditor.of("surplus", "in_lake")


def test_what_was_let_go_is_not_missing_and_what_is_lost_is():
    assert missing_and_surplus({2, 3}, retired={1}) == (0, 0)
    assert missing_and_surplus({3}, retired={1}) == (1, 0)
    assert missing_and_surplus({1, 2, 3}, retired=set()) == (0, 0)


def test_an_answer_that_does_not_say_what_was_let_go_is_not_understood():
    assert in_lake(analytics(lambda _: {"events": 3, "rows": 2, "retired": 1}))(0, 3) == Figures(3, 3)
    with pytest.raises(SourceAway):
        in_lake(analytics(lambda _: {"events": 3, "rows": 3}))(0, 3)


def test_a_journey_does_not_wait_for_a_row_that_was_let_go():
    found = Analysed(analytics(lambda _: {"position": 7, "file": None, "retired": True})).find(decided())
    assert {finding.state for finding in found.values()} == {State.NOT_KEPT}
