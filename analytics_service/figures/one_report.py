"""The charts of one report alone, for the page that builds one and for an export that stands alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from flask_babel import gettext as _

from analytics_service.domain.rows import Row
from analytics_service.figures import spread
from analytics_service.figures.drawings import ranking, reasons, while_time_passes
from analytics_service.figures.view import BARS_MAX, Drawing, View, distinct
from analytics_service.presentation import short
from contracts.money import Money
from service_kit.charts import Series, horizontal_bars, lines

BARS = 30
"""Of a ranking: more than these nobody compares."""


def drawings_of(report: str, rows: Sequence[Row], view: View) -> list[Drawing]:
    """The charts of a report's rows; none where a table says it better, or where there are too many bars to draw."""
    found = _of(report, rows, view) if rows else []
    return [drawing for drawing in found if not drawing.chart.is_empty and len(drawing.chart.places) <= BARS_MAX]


def _of(report: str, rows: Sequence[Row], view: View) -> list[Drawing]:
    if report.startswith("per_"):
        # Counted first: there may be a hundred thousand minutes.
        return while_time_passes(rows, report, view) if len(distinct(rows, "start")) <= BARS_MAX else []
    if report.startswith("users_per_"):
        return [spread.users(rows, report, view)]
    make = _MADE.get(report)
    return make(report, rows, view) if make else []


def _reasons(report: str, rows: Sequence[Row], view: View) -> list[Drawing]:
    return [one for type in distinct(rows, "type") for one in reasons([r for r in rows if r["type"] == type], type)]


def _ranking(report: str, rows: Sequence[Row], view: View) -> list[Drawing]:
    of_type = [row for row in rows if row["type"] == view.type]
    return [ranking(report, of_type, currency, own=view.own) for currency in distinct(of_type, "currency")]


def _turnover(report: str, rows: Sequence[Row], view: View) -> list[Drawing]:
    found = []
    for currency in distinct(rows, "currency"):
        busiest = [row for row in rows if row["currency"] == currency][:BARS]
        values = [Money(row["amount_in"] + row["amount_out"], currency).decimal() for row in busiest]
        chart = horizontal_bars([short(row["account"]) for row in busiest], values, unit=currency, axis=_("Account"))
        caption = _("What came in and what went out, in %(c)s", c=currency)
        found.append(Drawing(f"turnover-{currency}", _("Turnover"), caption, chart, report))
    return found


def _balance(report: str, rows: Sequence[Row], view: View) -> list[Drawing]:
    currency = rows[0]["currency"]
    times = [row["occurred_at"] for row in rows]
    series = [Series(_("Balance"), [Money(row["balance_after"], currency).decimal() for row in rows])]
    chart = lines(times, series, unit=currency)
    return [Drawing("balance", _("Balance"), _("After each entry, in %(c)s", c=currency), chart, report)]


_MADE: Mapping[str, Callable[[str, Sequence[Row], View], list[Drawing]]] = {
    "outcomes": _reasons,
    "top_payers": _ranking,
    "top_payees": _ranking,
    "accounts": _turnover,
    "counterparties": _turnover,
    "statement": _balance,
    "histogram": lambda _report, rows, view: spread.histograms({"histogram": rows}, view),
    "hours_of_week": lambda _report, rows, view: [spread.hours_of_week({"hours_of_week": rows}, view)],
}
