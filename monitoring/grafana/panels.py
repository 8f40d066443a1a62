"""The few kinds of panel that dashboards are made of. None comes without a description, a unit and an id that stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import common, prometheus, stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    DataSourceRef,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.dashboard import Threshold, ThresholdsMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

DATASOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
GREEN, YELLOW, RED = "green", "yellow", "red"
Panel = stat.Panel | timeseries.Panel | table.Panel
Steps = Sequence[tuple[float | None, str]]
"""From which value on a colour counts, ascending; the first has None."""
ANY: Steps = ((None, GREEN),)
NONE: Steps = ((None, GREEN), (1, RED))
"""Good is 0."""
ONE: Steps = ((None, RED), (1, GREEN))
"""Good is 1."""


@dataclass(frozen=True)
class Query:
    """A PromQL expression and how its series are named: {{label}} stands for the label's value."""

    expr: str
    legend: str


def within(seconds: float) -> Steps:
    """Good is below `seconds`, bad is more than twice that."""
    return ((None, GREEN), (seconds, YELLOW), (2 * seconds, RED))


def at_least(share: float) -> Steps:
    """Good is `share` or more."""
    return ((None, RED), (share, GREEN))


def figure(
    id: int,
    title: str,
    good: str,
    unit: str,
    *queries: Query,
    steps: Steps,
    width: int = 4,
    decimals: int | None = None,
) -> Panel:
    """Big numbers: what is so now. `good` is the panel's description."""
    panel = (
        stat.Panel()
        .graph_mode(BigValueGraphMode.AREA)
        .color_mode(BigValueColorMode.VALUE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    )
    if decimals is not None:
        panel = panel.decimals(decimals)
    return _common(panel, id, title, good, unit, queries, steps, width, height=4)


def graph(
    id: int,
    title: str,
    good: str,
    unit: str,
    *queries: Query,
    steps: Steps = ANY,
    width: int = 8,
    floor: float | None = 0,
) -> Panel:
    """Lines over time, the thresholds drawn where there are any. `floor`: the axis' lowest value, None as it comes."""
    drawn = GraphThresholdsStyleMode.LINE if len(steps) > 1 else GraphThresholdsStyleMode.OFF
    panel = (
        timeseries.Panel()
        .line_width(1)
        .fill_opacity(10)
        .thresholds_style(common.GraphThresholdsStyleConfig().mode(drawn))
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI))
        .legend(
            common.VizLegendOptions()
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
            .show_legend(True)
        )
    )
    if floor is not None:
        panel = panel.min(floor)
    return _common(panel, id, title, good, unit, queries, steps, width, height=7)


def listing(id: int, title: str, good: str, query: Query, *, width: int = 12) -> Panel:
    """The labels and values of all series that there are now; empty is good."""
    panel = table.Panel().no_value("nothing")
    return _common(panel, id, title, good, "none", [query], ANY, width, height=7)


def _common(
    panel: Panel,
    id: int,
    title: str,
    good: str,
    unit: str,
    queries: Sequence[Query],
    steps: Steps,
    width: int,
    *,
    height: int,
) -> Panel:
    """What every panel has."""
    targets = [_target(panel, query, chr(ord("A") + index)) for index, query in enumerate(queries)]
    thresholds = [Threshold(value=value, color=color) for value, color in steps]
    return (
        panel.id(id)
        .title(title)
        .description(good)
        .unit(unit)
        .datasource(DATASOURCE)
        .targets(list(targets))
        .thresholds(ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(thresholds))
        .span(width)
        .height(height)
    )


def _target(panel: Panel, query: Query, ref_id: str) -> prometheus.Dataquery:
    target = prometheus.Dataquery().expr(query.expr).legend_format(query.legend).ref_id(ref_id).datasource(DATASOURCE)
    if isinstance(panel, table.Panel):
        return target.format(PromQueryFormat.TABLE).instant()
    # Points of single observations, each a link to its trace.
    return target.range().exemplar("histogram_quantile" in query.expr)
