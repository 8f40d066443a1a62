"""The page's charts, by its sections: over time and why transfers were rejected; sizes and hours; who moves most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from flask_babel import gettext as _

from analytics_service.domain.rows import Row
from analytics_service.figures import spread
from analytics_service.figures.view import ACCOUNTS, MONEY, SPREAD, Drawing, Figures, View, distinct, names_of
from analytics_service.filters import PAYMENT
from analytics_service.presentation import PER, short, word
from contracts.money import Money
from service_kit.charts import Series, horizontal_bars, stacked_bars


def drawings(figures: Figures, view: View) -> list[Drawing]:
    """The section's charts that have something to show; those that count transfers count the view's type."""
    make = {MONEY: _of_money, SPREAD: _of_spread, ACCOUNTS: _of_accounts}[view.section]
    return [drawing for drawing in make(figures, view) if not drawing.chart.is_empty]


def _of_money(figures: Figures, view: View) -> list[Drawing]:
    report = view.over_time(figures)
    over_time = [] if view.too_many(figures) else while_time_passes(figures[report], report, view)
    return over_time + reasons([row for row in figures["outcomes"] if row["type"] == view.type], view.type)


def _of_spread(figures: Figures, view: View) -> list[Drawing]:
    return [*spread.histograms(figures, view), spread.hours_of_week(figures, view)]


def _of_accounts(figures: Figures, view: View) -> list[Drawing]:
    found = [] if view.one_person else [spread.users(figures[view.users], view.users, view)]
    for name in ("top_payees", "top_payers"):
        payments = [row for row in figures[name] if row["type"] == PAYMENT]
        found += [ranking(name, payments, currency, own=view.own) for currency in distinct(payments, "currency")]
    return found


def while_time_passes(rows: Sequence[Row], report: str, view: View) -> list[Drawing]:
    """Amounts by currency and direction, and how transfers of the view's type ended, in the periods of `report`."""
    moved = [row for row in rows if row["amount"]]
    found = [
        # In and out each have a chart: stacked, they would add up to something that means nothing.
        _amounts([row for row in moved if (row["currency"], row["direction"]) == place], *place, report, view)
        for place in sorted({(row["currency"], row["direction"]) for row in moved})
    ]
    found.append(_counts([row for row in rows if row["type"] == view.type], report, view))
    return found


def _amounts(rows: Sequence[Row], currency: str, direction: str, report: str, view: View) -> Drawing:
    starts = distinct(rows, "start")
    amounts = {(row["start"], row["type"]): Money(row["amount"], currency).decimal() for row in rows}
    series = [
        Series(word(type), [amounts.get((start, type), Decimal(0)) for start in starts])
        for type in reversed(distinct(rows, "type"))
    ]
    name = _("Amounts") if direction == "all" else word(direction)
    caption = _("Posted %(unit)s, in %(currency)s", unit=PER[report], currency=currency)
    chart = stacked_bars(starts, series, unit=currency, zone=view.zone, names=names_of(rows))
    return Drawing(f"amounts-{direction}-{currency}", name, caption, chart, report)


def _counts(rows: Sequence[Row], report: str, view: View) -> Drawing:
    starts = distinct(rows, "start")

    def counts(status: str) -> list[int]:
        sums = Counter[object]()
        for row in rows:
            sums[row["start"]] += row[status]
        return [sums[start] for start in starts]

    series = [Series(word("posted"), counts("posted"), "good"), Series(word("rejected"), counts("rejected"), "bad")]
    chart = stacked_bars(starts, series, zone=view.zone, names=names_of(rows))
    title = _("%(type)s %(unit)s", type=word(view.type), unit=PER[report])
    return Drawing("counts", title, _("By how they ended"), chart, report)


def reasons(outcomes: Sequence[Row], type: str) -> list[Drawing]:
    """Why transfers of one type were rejected; nothing where none was."""
    rejected = [row for row in outcomes if row["status"] == "rejected"]
    counts = dict.fromkeys(distinct(rejected, "reason"), 0)
    for row in rejected:
        counts[row["reason"]] += row["transfers"]
    if not counts:
        return []
    ranked = sorted(counts, key=lambda reason: -counts[reason])
    values = [counts[reason] for reason in ranked]
    chart = horizontal_bars(list(map(word, ranked)), values, tone="bad", unit=_("Transfers"), axis=_("Reason"))
    return [Drawing(f"reasons-{type}", _("%(type)s: why rejected", type=word(type)), _("By reason"), chart, "outcomes")]


def ranking(name: str, payments: Sequence[Row], currency: str, *, own: bool) -> Drawing:
    """Those accounts that paid or got most, in one currency."""
    rows = [row for row in payments if row["currency"] == currency]
    titles = {
        ("top_payees", True): _("Whom you paid most"),
        ("top_payers", True): _("Who paid you most"),
        ("top_payees", False): _("Top payees"),
        ("top_payers", False): _("Top payers"),
    }
    values = [Money(row["amount"], currency).decimal() for row in rows]
    chart = horizontal_bars([short(row["account"]) for row in rows], values, unit=currency, axis=_("Account"))
    caption = _("Payments posted, in %(c)s", c=currency)
    return Drawing(f"{name}-{currency}", titles[name, own], caption, chart, name)
