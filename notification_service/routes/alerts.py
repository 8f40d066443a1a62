"""Alertmanager's webhook (version 4, https://prometheus.io/docs/alerting/latest/configuration/#webhook_config)."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
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
RUNBOOK = re.compile(r"docs/runbooks/([A-Za-z]+)\.md")


@dataclass(frozen=True, slots=True)
class Places:
    """Where operators look, as browsers see it. The rules name runbooks by their paths in the checkout and dashboards
    by theirs in Grafana, since they don't know where anything is; `grafana` is empty where there is none."""

    monitoring: str
    grafana: str

    def runbook(self, named: str) -> str:
        """Its page at monitoring; another address as it is."""
        found = RUNBOOK.fullmatch(named)
        return f"{self.monitoring}/runbooks/{found[1]}" if found else named

    def dashboard(self, named: str) -> str:
        """In Grafana; without one, the status page tells what there is to see."""
        if not named.startswith("/"):
            return named
        return self.grafana.rstrip("/") + named if self.grafana else f"{self.monitoring}/status"


class OperatorUnknown(Unavailable):
    """No admin is known yet: the alert must be sent again."""

    code = "operator_unknown"
    title = "Nobody is known who could be told"


def alert_routes(raise_alerts: RaiseAlerts, token: SecretStr, places: Places) -> Blueprint:
    """The blueprint; `token` is what Alertmanager has to show, `places` where runbooks and dashboards are."""
    api = Blueprint("alerts", __name__)
    taking = operations()["take_alerts"]

    @taking.route(api)
    def take_alerts() -> Response:
        _only_with(token)
        try:
            raise_alerts.raise_all([_alert(sent, places) for sent in taking.body()["alerts"]])
        except NoOperator:
            raise OperatorUnknown("Send it again.", retry_after=RETRY_SECONDS) from None
        return Response(status=204)

    return api


def _alert(sent: dict[str, Any], places: Places) -> Alert:
    """As the domain knows it; texts are cut to what an inbox shows. `endsAt` says nothing while it fires."""
    labels, annotations, status = sent["labels"], sent["annotations"], sent["status"]
    return Alert(
        name=labels.get("alertname", "")[:TEXT_MAX],
        status=status,
        severity=labels.get("severity", "")[:TEXT_MAX],
        summary=annotations.get("summary", "")[:TEXT_MAX],
        process=labels.get("process", "")[:TEXT_MAX],
        runbook_url=places.runbook(annotations.get("runbook_url", ""))[:TEXT_MAX],
        dashboard_url=places.dashboard(annotations.get("dashboard_url", ""))[:TEXT_MAX],
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
