"""The web application over a lake with its manifest in memory."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from pydantic import SecretStr

from analytics_service.document import OPENAPI
from analytics_service.engine import Engine, on_threads
from analytics_service.settings import WebSettings
from analytics_service.wiring.parts import SERVICE, Stores
from analytics_service.wiring.web import add_routes
from contracts.access_token import USER_SCOPES, Scope
from service_kit.auth import Access, Principal, install_access
from service_kit.errors import TokenInvalid
from service_kit.web import create_web_app
from tests.unit.analytics_service.lakes import TestLake, user

SETTINGS = WebSettings(
    http_port=5003,
    mongo_url=SecretStr("mongodb://nowhere/analytics"),
    redis_url=SecretStr("redis://nowhere"),
    secret_key=SecretStr("x" * 32),
    client_secret=SecretStr("x"),
    lake_directory=Path("/nowhere"),
)


def someone(name: str) -> Principal:
    """`ann` is a user, `olga` an analyst, `root` an administrator, `robot` a service with pipeline:read, `reader` one
    without any scope."""
    staff = {"olga": ("user", "analyst"), "root": ("user", "admin")}
    roles = {**staff, "robot": ("service",), "reader": ("service",)}.get(name, ("user",))
    scopes = {"robot": {Scope.PIPELINE_READ}, "reader": set()}.get(name, set(USER_SCOPES))
    return Principal(user(name), name, roles, frozenset(scopes), "s-1")


class Tokens:
    """A token is the name."""

    def verify(self, token: str) -> Principal:
        if not token.isalpha():
            raise TokenInvalid
        return someone(token)


def application(lake: TestLake) -> Flask:
    """As wiring makes it."""
    settings = SETTINGS.model_copy(update={"lake_directory": lake.root})
    app = create_web_app(
        SERVICE,
        settings,
        secret_key=settings.secret_key,
        registry=lake.registry,
        readiness={"lake": lake.folder.check},
        openapi=OPENAPI,
    )
    install_access(app, Access(Tokens(), someone))
    stores = Stores(lake.manifest, lake.folder, lake.jobs, lake.rollups, lake.schedules, lake.reconciliations)
    add_routes(app, settings, stores, Engine(on_threads), lake.registry, lake.clock)
    return app
