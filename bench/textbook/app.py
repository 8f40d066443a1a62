"""The textbook Flask service that the platform is measured against; the README says why it is a fair one.

Run: ``gunicorn --worker-class gthread --threads 64 "bench.textbook.app:create_app()"``.
"""

import re
from typing import Any

from flask import Flask, Response, jsonify, request
from opentelemetry.exporter.zipkin.json import ZipkinExporter
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from prometheus_flask_exporter import PrometheusMetrics
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pymongo import MongoClient
from redis import Redis

from bench.textbook.access import NotAllowed, TokenCheck
from bench.textbook.settings import Settings
from bench.textbook.transfers import KeyReused, NoAccount, Order, Rejected, Transfers

DATABASE = "textbook"
KEY = re.compile(r"[\x21-\x7e]{1,128}")


class TransferBody(BaseModel):
    """The body of POST /v1/transfers."""

    model_config = ConfigDict(strict=True, extra="forbid")

    payee: str = Field(min_length=1, max_length=64)
    amount: int = Field(gt=0, lt=2**53)
    currency: str = Field(pattern="^[A-Z]{3}$")
    note: str | None = Field(default=None, max_length=140)


def create_app() -> Flask:
    """The application with its own clients, made inside each gunicorn worker."""
    settings = Settings()  # type: ignore[call-arg]  # every field comes from the environment
    app = Flask("textbook")
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    PrometheusMetrics(app, group_by="url_rule")
    _trace_one_in_a_hundred(app, settings)
    transfers = Transfers(MongoClient(settings.mongo_url, tz_aware=True), DATABASE)
    transfers.prepare()
    tokens = TokenCheck(settings.jwks_url, Redis.from_url(settings.redis_url))
    _add_routes(app, transfers, tokens)
    app.register_error_handler(NotAllowed, lambda error: _problem(401, error.code))
    app.register_error_handler(Rejected, _rejection)
    app.register_error_handler(KeyReused, lambda _: _problem(422, "idempotency_key_reused"))
    app.register_error_handler(NoAccount, lambda _: _problem(409, "no_account"))
    app.register_error_handler(ValidationError, lambda _: _problem(400, "invalid_request"))
    return app


def _add_routes(app: Flask, transfers: Transfers, tokens: TokenCheck) -> None:
    @app.post("/v1/transfers")
    def post_transfer() -> tuple[Response, int]:
        payer = tokens.payer(request.headers.get("Authorization", ""))
        key = request.headers.get("Idempotency-Key", "")
        if not KEY.fullmatch(key):
            return _problem(400, "idempotency_key_invalid" if key else "idempotency_key_missing")
        body = TransferBody.model_validate_json(request.get_data())
        transfer, replayed = transfers.post(Order(key=key, payer=payer.username, **body.model_dump()))
        answer = jsonify(_shown(transfer))
        if replayed:
            answer.headers["Idempotent-Replayed"] = "true"
        return answer, 201

    @app.get("/v1/ledger/summary")
    def summary() -> Response:
        return jsonify(transfers.summary())

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}


def _shown(transfer: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": transfer["_id"],
        "position": None,
        "type": transfer["type"],
        "status": transfer["status"],
        "payer": {"username": transfer["payer"]},
        "payee": {"username": transfer["payee"]},
        "amount": transfer["amount"],
        "currency": transfer["currency"],
        "note": transfer["note"],
        "posted_at": transfer["at"].isoformat(timespec="milliseconds"),
        "balance_after": transfer["balance_after"],
    }


def _rejection(error: Rejected) -> tuple[Response, int]:
    return _problem(422, error.transfer["reason"], transfer=_shown(error.transfer))


def _problem(status: int, code: str, **more: Any) -> tuple[Response, int]:
    answer = jsonify({"type": "about:blank", "title": code, "status": status, "code": code} | more)
    answer.content_type = "application/problem+json"
    return answer, status


def _trace_one_in_a_hundred(app: Flask, settings: Settings) -> None:
    provider = TracerProvider(
        sampler=ParentBasedTraceIdRatio(0.01), resource=Resource.create({"service.name": "textbook"})
    )
    if settings.zipkin_endpoint:
        provider.add_span_processor(BatchSpanProcessor(ZipkinExporter(endpoint=settings.zipkin_endpoint)))
    FlaskInstrumentor().instrument_app(app, tracer_provider=provider)
