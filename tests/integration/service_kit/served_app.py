"""A web process for the tests of `service_kit.serve`: run as a module, serves /healthz on HTTP_PORT."""

from __future__ import annotations

from flask import Flask

from service_kit.env import Settings
from service_kit.serve import serve


def build_app() -> Flask:
    app = Flask("served_app")
    app.add_url_rule("/healthz", "healthz", lambda: "alive")
    return app


if __name__ == "__main__":
    serve(build_app, Settings.from_env())
