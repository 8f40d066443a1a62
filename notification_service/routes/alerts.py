"""Alertmanager's webhook (version 4, https://prometheus.io/docs/alerting/latest/configuration/#webhook_config)."""

from __future__ import annotations

import hmac
from typing import Annotated, Literal

from flask import Blueprint, Response, request
from pydantic import AwareDatetime, ConfigDict, Field, SecretStr

from notification_service.domain import Alert
from notification_service.use_cases.alerts import NoOperator, RaiseAlerts
from service_kit.errors import TokenInvalid, TokenMissing, Unavailable
from service_kit.web import Body, read_json

BODY_LIMIT_BYTES = 1 << 20
"""A group of some hundred alerts, as a great outage brings; a refused one would not be sent again."""
TEXT_MAX = 500
RETRY_SECONDS = 10


class OperatorUnknown(Unavailable):
    """No admin is known yet: the alert must be sent again."""

    code = "operator_unknown"
    title = "Nobody is known who could be told"


class _Sent(Body):
    """Of somebody else's format what we use; it may grow."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


Moment = Annotated[AwareDatetime, Field(strict=False)]


class AlertBody(_Sent):
    """One alert; `endsAt` says nothing while it fires."""

    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str]
    fingerprint: str = Field(min_length=1, max_length=64)
    startsAt: Moment  # noqa: N815 - Alertmanager's own name
    endsAt: Moment  # noqa: N815

    def alert(self) -> Alert:
        """As the domain knows it; texts are cut to what an inbox shows."""
        return Alert(
            name=self.labels.get("alertname", "")[:TEXT_MAX],
            status=self.status,
            severity=self.labels.get("severity", "")[:TEXT_MAX],
            summary=self.annotations.get("summary", "")[:TEXT_MAX],
            process=self.labels.get("process", "")[:TEXT_MAX],
            runbook_url=self.annotations.get("runbook_url", "")[:TEXT_MAX],
            fingerprint=self.fingerprint,
            starts_at=self.startsAt,
            ends_at=self.endsAt if self.status == "resolved" else None,
        )


class GroupBody(_Sent):
    """POST /v1/alerts."""

    version: Literal["4"]
    alerts: list[AlertBody]


def alert_routes(raise_alerts: RaiseAlerts, token: SecretStr) -> Blueprint:
    """The blueprint; `token` is what Alertmanager has to show."""
    api = Blueprint("alerts", __name__)

    @api.post("/v1/alerts")
    def take_alerts() -> Response:
        _only_with(token)
        request.max_content_length = BODY_LIMIT_BYTES
        group = read_json(GroupBody)
        try:
            raise_alerts.raise_all([alert.alert() for alert in group.alerts])
        except NoOperator:
            raise OperatorUnknown("Send it again.", retry_after=RETRY_SECONDS) from None
        return Response(status=204)

    return api


def _only_with(token: SecretStr) -> None:
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not shown:
        raise TokenMissing("Send the header `Authorization: Bearer <token>`.")
    # In constant time: how long a refusal takes must not tell how much of the token was right.
    if not hmac.compare_digest(shown.encode(), token.get_secret_value().encode()):
        raise TokenInvalid("This is not the token of the alerts.")
