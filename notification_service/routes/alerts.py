"""Alertmanager's webhook (version 4, https://prometheus.io/docs/alerting/latest/configuration/#webhook_config)."""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request
from pydantic import SecretStr

from notification_service.document import operations
from notification_service.domain import Alert
from notification_service.use_cases.alerts import NoOperator, RaiseAlerts
from service_kit.errors import TokenInvalid, TokenMissing, Unavailable

TEXT_MAX = 500
RETRY_SECONDS = 10


class OperatorUnknown(Unavailable):
    """No admin is known yet: the alert must be sent again."""

    code = "operator_unknown"
    title = "Nobody is known who could be told"


def alert_routes(raise_alerts: RaiseAlerts, token: SecretStr, grafana_url: str) -> Blueprint:
    """The blueprint; `token` is what Alertmanager has to show, `grafana_url` where the alerts' dashboards are."""
    api = Blueprint("alerts", __name__)
    taking = operations()["take_alerts"]

    @taking.route(api)
    def take_alerts() -> Response:
        _only_with(token)
        try:
            raise_alerts.raise_all([_alert(sent, grafana_url) for sent in taking.body()["alerts"]])
        except NoOperator:
            raise OperatorUnknown("Send it again.", retry_after=RETRY_SECONDS) from None
        return Response(status=204)

    return api


def _alert(sent: dict[str, Any], grafana_url: str) -> Alert:
    """As the domain knows it; texts are cut to what an inbox shows. `endsAt` says nothing while it fires.

    The rules name a dashboard by its path, since they don't know where Grafana is; without one the path is shown.
    """
    dashboard_url = sent["annotations"].get("dashboard_url", "")
    if dashboard_url.startswith("/") and grafana_url:
        dashboard_url = grafana_url.rstrip("/") + dashboard_url
    labels, annotations, status = sent["labels"], sent["annotations"], sent["status"]
    return Alert(
        name=labels.get("alertname", "")[:TEXT_MAX],
        status=status,
        severity=labels.get("severity", "")[:TEXT_MAX],
        summary=annotations.get("summary", "")[:TEXT_MAX],
        process=labels.get("process", "")[:TEXT_MAX],
        runbook_url=annotations.get("runbook_url", "")[:TEXT_MAX],
        dashboard_url=dashboard_url[:TEXT_MAX],
        fingerprint=sent["fingerprint"],
        starts_at=datetime.fromisoformat(sent["startsAt"]),
        ends_at=datetime.fromisoformat(sent["endsAt"]) if status == "resolved" else None,
    )


def _only_with(token: SecretStr) -> None:
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not shown:
        raise TokenMissing("Send the header `Authorization: Bearer <token>`.")
    # In constant time: how long a refusal takes must not tell how much of the token was right.
    if not hmac.compare_digest(shown.encode(), token.get_secret_value().encode()):
        raise TokenInvalid("This is not the token of the alerts.")
