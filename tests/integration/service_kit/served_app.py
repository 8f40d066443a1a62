"""A web process for the tests of `service_kit.serve`: run as a module, serves on HTTP_PORT what every service has.

/healthz and /metrics come from the kit; POST /v1/orders reads its body.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from flask import Flask, Response
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from service_kit.env import Settings
from service_kit.serve import serve
from service_kit.web import Body, create_web_app, json_answer, read_json


class Order(Body):
    name: str


def build_app() -> Flask:
    with TemporaryDirectory() as folder:
        openapi = Path(folder) / "openapi.yaml"
        openapi.write_text(
            yaml.safe_dump({"openapi": "3.0.3", "info": {"title": "Served", "version": "1"}, "paths": {}})
        )
        app = create_web_app(
            "served_app",
            Settings.from_env(),
            secret_key=SecretStr("s" * 32),
            registry=CollectorRegistry(),
            readiness={},
            openapi=openapi,
        )

    @app.post("/v1/orders")
    def order() -> Response:
        return json_answer(read_json(Order).name, 201)

    return app


if __name__ == "__main__":
    serve(build_app, Settings.from_env())
