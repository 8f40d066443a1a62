"""Reads are refused while the store is silent, and all that one request asks of it shares one time."""

from __future__ import annotations

import pymongo
import pytest
from flask import Blueprint, Flask

from transaction_service.routes.read_bound import ReadBound


@pytest.mark.parametrize(
    "path", ["/v1/accounts", "/v1/limits?currency=EUR", "/v1/transfers", "/v1/accounts/a/statement"]
)
def test_while_the_store_is_silent_a_read_is_refused_at_once(front, memory, path):
    memory.away = True
    answer = front.get(path, headers={"Authorization": "Bearer ann"})
    assert (answer.status_code, answer.json["code"]) == (503, "store_unavailable")
    assert answer.headers["Retry-After"] == "1"


def test_the_time_of_a_read_is_over_with_it_however_it_ends():
    seen = []
    routes = Blueprint("routes", __name__)

    @routes.get("/read/<how>")
    def read(how: str) -> str:
        seen.append(pymongo._csot.get_timeout())
        if how == "badly":
            raise LookupError
        return how

    @routes.post("/written")
    def write() -> str:
        seen.append(pymongo._csot.get_timeout())
        return "written"

    ReadBound(lambda: None, seconds=1.5).hold(routes)
    app = Flask("bounded")
    app.register_blueprint(routes)
    client = app.test_client()
    assert [client.get(f"/read/{how}").status_code for how in ("well", "badly")] == [200, 500]
    assert client.post("/written").status_code == 200
    assert seen == [1.5, 1.5, None]
    assert pymongo._csot.get_timeout() is None
