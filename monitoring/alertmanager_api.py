"""Alertmanager's API: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import httpx

from monitoring.asking import NOT_UNDERSTOOD, SourceAway, json_of

SOURCE = "Alertmanager"
WATCHDOG = "Watchdog"
SEVERITIES = ("page", "ticket", "none")


@dataclass(frozen=True)
class Alert:
    """One firing alert. `labels` may name an account, and `summary` repeat it: `for_everybody` takes that out."""

    name: str
    severity: str
    summary: str
    since: datetime
    runbook_url: str
    labels: Mapping[str, str]

    def for_everybody(self) -> Alert:
        """The same without the account that it names."""
        account = self.labels.get("account")
        if not account:
            return self
        labels = {name: value for name, value in self.labels.items() if name != "account"}
        return Alert(self.name, self.severity, self.summary.replace(account, "…"), self.since, self.runbook_url, labels)


class AlertmanagerApi:
    """Reads what is firing."""

    def __init__(self, http: httpx.Client, base_url: str) -> None:
        """`http` brings the time-out."""
        self._http = http
        self._base = base_url

    def firing(self) -> list[Alert]:
        """Alerts that are neither silenced nor inhibited, the gravest and oldest first; raises SourceAway."""
        wanted = {"active": "true", "silenced": "false", "inhibited": "false"}
        found = json_of(SOURCE, lambda: self._http.get(f"{self._base}/api/v2/alerts", params=wanted))
        try:
            alerts = [_alert(each) for each in found]
        except (KeyError, TypeError, ValueError) as error:
            raise SourceAway(SOURCE, NOT_UNDERSTOOD) from error
        return sorted(alerts, key=lambda alert: (_gravity(alert.severity), alert.since))

    def heard_at(self, name: str) -> datetime | None:
        """When Prometheus last told it that an alert fires; None where it doesn't. Raises SourceAway."""
        wanted = {"filter": f'alertname="{name}"'}
        found = json_of(SOURCE, lambda: self._http.get(f"{self._base}/api/v2/alerts", params=wanted))
        try:
            return max((datetime.fromisoformat(each["updatedAt"]) for each in found), default=None)
        except (KeyError, TypeError, ValueError) as error:
            raise SourceAway(SOURCE, NOT_UNDERSTOOD) from error


def _alert(found: Mapping[str, dict[str, str]]) -> Alert:
    labels, annotations = found["labels"], found["annotations"]
    return Alert(
        name=labels["alertname"],
        severity=labels.get("severity", ""),
        summary=annotations.get("summary", ""),
        since=datetime.fromisoformat(str(found["startsAt"])),
        runbook_url=annotations.get("runbook_url", ""),
        labels=labels,
    )


def _gravity(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)
