"""The overview: is all well, are the promises kept, where on its way is a transfer, and what is it that fails."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import (
    AnnotationQuery,
    Dashboard,
    DashboardLink,
    DatasourceVariable,
    Row,
    TextBoxVariable,
)
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, DashboardLinkType

from monitoring.grafana.deliveries import deliveries
from monitoring.grafana.ledger import decisions, integrity
from monitoring.grafana.machinery import processes, stores, watching
from monitoring.grafana.notifications import notifications
from monitoring.grafana.panels import DATASOURCE, RED, YELLOW, Panel
from monitoring.grafana.pipeline import consumers, delays, flow
from monitoring.grafana.promises import is_all_well, promises

UID = "fintech-overview"
"""Alerts link to it."""
FIRST_ROW = 1001
"""Rows have ids too; those of panels stay below."""
LINKS = {
    "Status page": "http://${host}:5004/status",
    "Traces": "http://${host}:9411/zipkin/",
    "Prometheus' alerts": "http://${host}:9090/alerts",
    "Kafka": "http://${host}:9000/",
}


def sections() -> dict[str, list[Panel]]:
    """The rows with their panels, from the question of everybody to those of few."""
    return {
        "Is all well?": is_all_well(),
        "What was promised": promises(),
        "A transfer's way, from left to right": delays(),
        "What flows and what waits": flow(),
        "Consumers": consumers(),
        "Notifications": notifications(),
        "E-mail and webhooks": deliveries(),
        "Is the ledger right?": integrity(),
        "What the ledger decides": decisions(),
        "Stores": stores(),
        "Processes": processes(),
        "What watches": watching(),
    }


def overview() -> Dashboard:
    """The whole dashboard."""
    dashboard = (
        Dashboard("Platform overview")
        .uid(UID)
        .description("One look at the platform. Every panel says what good looks like; every alert links to its panel.")
        .tags(["fintech"])
        .readonly()
        .timezone("utc")
        .time("now-30m", "now")
        .refresh("10s")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(DatasourceVariable("datasource").label("Data source").type("prometheus"))
        .with_variable(TextBoxVariable("host").label("Host of the links").default_value("localhost"))
        .links([_link(title, url) for title, url in LINKS.items()])
        .annotations(
            [
                _annotation(
                    "Starts", "changes(process_start_time_seconds[$__interval]) > 0", "{{process}} started", YELLOW
                ),
                _annotation("Pages", 'ALERTS{alertstate="firing", severity="page"}', "{{alertname}} {{process}}", RED),
                _annotation(
                    "Deployments",
                    "count by (revision) (build_info) unless count by (revision) (build_info offset $__interval)",
                    "revision {{revision}}",
                    "blue",
                ),
            ]
        )
    )
    for number, (title, panels) in enumerate(sections().items(), FIRST_ROW):
        dashboard = dashboard.with_row(Row(title).id(number))
        for panel in panels:
            dashboard = dashboard.with_panel(panel)
    return dashboard


def _link(title: str, url: str) -> DashboardLink:
    # Without a placement of ours the SDK hides links in a menu.
    return DashboardLink(title).type(DashboardLinkType.LINK).url(url).target_blank(True).placement("")


def _annotation(name: str, expr: str, title: str, color: str) -> AnnotationQuery:
    return (
        AnnotationQuery()
        .name(name)
        .datasource(DATASOURCE)
        .expr(expr)
        .title_format(title)
        .icon_color(color)
        .enable(True)
        .hide(False)
    )
