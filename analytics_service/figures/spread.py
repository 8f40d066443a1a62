"""The charts of how figures are spread: over classes of amounts, hours of the week, new and known users."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from flask_babel import gettext as _

from analytics_service.domain.rows import Row
from analytics_service.figures.view import Drawing, Figures, View, distinct, names_of
from analytics_service.presentation import PER, WEEKDAYS, word
from analytics_service.reports.amounts import STEPS
from contracts.money import Money
from service_kit.charts import Series, heat_map, stacked_bars
from service_kit.presentation import money

HOURS = range(24)


def histograms(figures: Figures, view: View) -> list[Drawing]:
    """For each currency, how many parts of the view's type lie in each class of amounts."""
    rows = [row for row in figures["histogram"] if row["type"] == view.type]
    return [
        _histogram([row for row in rows if row["currency"] == currency], currency, view)
        for currency in distinct(rows, "currency")
    ]


def _histogram(rows: Sequence[Row], currency: str, view: View) -> Drawing:
    first, last = min(row["at_least"] for row in rows), max(row["at_least"] for row in rows)
    # Classes that nothing lies in are drawn, too, or far amounts would look near.
    classes = [int(step) for step in STEPS if first <= step <= last]
    counts = {(row["direction"], row["at_least"]): row["parts"] for row in rows}
    series = [
        Series(
            _("Payees' parts") if direction == "all" else word(direction),
            [counts.get((direction, step), 0) for step in classes],
        )
        for direction in distinct(rows, "direction")
    ]
    chart = stacked_bars(
        [f"{Money(step, currency).decimal():,f}" for step in classes], series, axis=_("From, in %(c)s", c=currency)
    )
    title = _("%(type)s by size", type=word(view.type))
    caption = _("How many are of each size: %(a)s up to the next, and so on", a=money(first, currency))
    return Drawing(f"histogram-{currency}", title, caption, chart, "histogram")


def hours_of_week(figures: Figures, view: View) -> Drawing:
    """When transfers of the view's type are posted."""
    posted: Counter[tuple[int, int]] = Counter()
    for row in figures["hours_of_week"]:
        if row["type"] == view.type:
            posted[row["weekday"], row["hour"]] += row["posted"]
    columns = [
        Series(f"{hour:02}", [posted[day, hour] if posted.total() else None for day in range(1, 8)]) for hour in HOURS
    ]
    chart = heat_map(list(map(str, WEEKDAYS)), columns, axis=_("Hour, %(zone)s", zone=view.zone))
    title = _("%(type)s by hour of the week", type=word(view.type))
    return Drawing("hours-of-week", title, _("How many were posted in each hour"), chart, "hours_of_week")


def users(rows: Sequence[Row], report: str, view: View) -> Drawing:
    """How many people used the platform, and how many for the first time; `report` says how often it counts."""
    series = [
        Series(_("Returning"), [row["returning"] for row in rows]),
        Series(_("New"), [row["new"] for row in rows]),
    ]
    chart = stacked_bars([row["start"] for row in rows], series, zone=view.zone, names=names_of(rows))
    title = _("Active users %(unit)s", unit=PER[report])
    return Drawing("users", title, _("Who paid or was paid"), chart, report)
