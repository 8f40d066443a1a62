from __future__ import annotations

from pathlib import Path

import yaml
from flask import Flask

from service_kit.apidocs import api_routes, documented
from tests.unit.service_kit.sample_app import sample_app


def test_the_document_is_served_as_it_was_written(tmp_path: Path) -> None:
    answer = sample_app(tmp_path).test_client().get("/openapi.json")

    assert answer.json is not None
    assert (answer.json["openapi"], answer.json["info"]["title"]) == ("3.0.3", "Sample")


def test_routes_are_written_as_the_document_writes_them() -> None:
    app = Flask("sample")
    app.add_url_rule("/v1/orders/<int:order_id>", "order", lambda order_id: "", methods=["GET", "DELETE"])
    app.add_url_rule("/page", "page", lambda: "")

    assert api_routes(app) == {("GET", "/v1/orders/{order_id}"), ("DELETE", "/v1/orders/{order_id}")}


def test_what_a_document_describes_can_be_listed(tmp_path: Path) -> None:
    document = tmp_path / "openapi.yaml"
    document.write_text(yaml.safe_dump({"paths": {"/v1/orders": {"parameters": [], "get": {}, "post": {}}}}))

    assert documented(document) == {("GET", "/v1/orders"), ("POST", "/v1/orders")}
