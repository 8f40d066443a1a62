"""What all dashboards have: an address that stays, the variables, links to the others and out, annotations."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from grafana_foundation_sdk.builders.dashboard import (
    AnnotationQuery,
    Dashboard,
    DashboardLink,
    DatasourceVariable,
    Row,
    TextBoxVariable,
)
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, DashboardLinkType
from grafana_foundation_sdk.models.prometheus import Dataquery

from monitoring.grafana.alerts_shown import alerts_of
from monitoring.grafana.panels import DATASOURCE, RED, YELLOW, Panel

TAG = "fintech"
RUNBOOK = "http://${host}:5004/runbooks/"
PROMETHEUS = "http://${host}:9090/"
FIRST_ROW = 1001
"""Rows have ids too; those of panels stay below."""
LINKS = {
    "Status page": "http://${host}:5004/status",
    "Traces": "http://${host}:9411/zipkin/",
    "Prometheus' alerts": "http://${host}:9090/alerts",
    "Kafka": "http://${host}:9000/",
}
Sections = Mapping[str, list[Panel]]
"""The rows with their panels, from the question of everybody to those of few."""


def page(uid: str, title: str, description: str, sections: Sections, *, span: str = "now-30m") -> Dashboard:
    """A whole dashboard. Alerts link to its `uid`; `span` is the time that it shows at first."""
    dashboard = (
        Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([TAG])
        .readonly()
        .timezone("utc")
        .time(span, "now")
        .refresh("10s")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(DatasourceVariable("datasource").label("Data source").type("prometheus"))
        .with_variable(TextBoxVariable("host").label("Host of the links").default_value("localhost"))
        .links([_others(), *(_link(title, url) for title, url in LINKS.items())])
        .annotations([*_annotations()])
    )
    for number, (name, panels) in enumerate(sections.items(), FIRST_ROW):
        dashboard = dashboard.with_row(Row(name).id(number))
        for panel in panels:
            dashboard = dashboard.with_panel(_linked(panel, uid))
    return dashboard


def _linked(panel: Panel, uid: str) -> Panel:
    """With ways on: to the runbooks of the alerts that show themselves here, and to Prometheus."""
    built = panel.build()
    asked = [target.expr for target in built.targets or [] if isinstance(target, Dataquery)]
    runbooks = [_link(f"Runbook: {name}", RUNBOOK + name) for name in alerts_of(uid, built.id_val or 0)]
    return panel.links([*runbooks, _link("Ask Prometheus", _graph_of(asked[0]))])


def _graph_of(expression: str) -> str:
    """Prometheus' own page of an expression; Grafana's variables mean nothing there."""
    for variable, value in {"$__rate_interval": "1m", "$__range": "30m", "$__interval": "15s"}.items():
        expression = expression.replace(variable, value)
    return PROMETHEUS + "graph?g0.tab=0&g0.range_input=30m&g0.expr=" + quote(expression, safe="")


def _annotations() -> list[AnnotationQuery]:
    return [
        _annotation("Starts", "changes(process_start_time_seconds[$__interval]) > 0", "{{process}} started", YELLOW),
        _annotation("Tickets", 'ALERTS{alertstate="firing", severity="ticket"}', "{{alertname}} {{process}}", "orange"),
        _annotation("Drills", "drill_under_way", "drill {{drill}}", "purple"),
        _annotation("Pages", 'ALERTS{alertstate="firing", severity="page"}', "{{alertname}} {{process}}", RED),
        _annotation(
            "Deployments",
            "count by (revision) (build_info) unless count by (revision) (build_info offset $__interval)",
            "revision {{revision}}",
            "blue",
        ),
    ]


def _others() -> DashboardLink:
    return (
        DashboardLink("Dashboards")
        .type(DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(True)
        .keep_time(True)
        .include_vars(True)
        .placement("")
    )


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
