"""What the report page shows of the figures: cards and charts, made for the platform or for one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import format_percent
from flask_babel import gettext as _

from analytics_service.filters import PAYMENT
from analytics_service.presentation import short, word
from analytics_service.use_cases import Row
from contracts.money import Money
from service_kit.charts import Chart, Series, horizontal_bars, stacked_bars
from service_kit.presentation import count, money

HOURS_MAX = 72
"""With more hours than these a chart shows days."""
GO_BOTH_WAYS = ("refund", "reversal")
"""A person may give them and get them; of the other types the word says which."""


@dataclass(frozen=True)
class Card:
    """One figure, and a line that explains it."""

    title: str
    figure: str
    note: str


@dataclass(frozen=True)
class Drawing:
    """A chart with its place in the page. `report` is what its CSV holds."""

    id: str
    title: str
    caption: str
    chart: Chart
    report: str


Figures = Mapping[str, Sequence[Row]]


def cards(figures: Figures, type: str, *, own: bool) -> list[Card]:
    """The totals, per currency; then how many transfers of `type` went well."""
    return [_card(row) for row in figures["totals"] if row["posted"]] + _success(figures["outcomes"], type, own=own)


def _card(row: Row) -> Card:
    title = {
        ("payment", "in"): _("Money in"),
        ("payment", "out"): _("Money out"),
        ("payment", "own"): _("Between your accounts"),
        ("payment", "all"): _("Payments"),
    }.get((row["type"], row["direction"]), word(row["type"]))
    if row["type"] in GO_BOTH_WAYS and row["direction"] != "all":
        title = f"{title} · {word(row['direction'])}"
    return Card(title, money(row["amount"], row["currency"]), _("%(n)s posted", n=count(row["posted"])))


def _success(outcomes: Sequence[Row], type: str, *, own: bool) -> list[Card]:
    """What was called off or expired is neither a success nor a failure."""
    counts = {
        status: sum(row["transfers"] for row in outcomes if (row["type"], row["status"]) == (type, status))
        for status in ("posted", "rejected")
    }
    total = sum(counts.values())
    if not total:
        return []
    if own:
        return [Card(_("Not sent"), count(counts["rejected"]), _("refused, and nothing moved"))]
    # Down, not to the nearest: 100 % is said when it is all of them.
    share = Decimal(counts["posted"] * 1000 // total) / 1000
    note = _("%(type)s, %(n)s of %(all)s", type=word(type), n=count(counts["posted"]), all=count(total))
    return [Card(_("Success"), format_percent(share, format="#,##0.#%"), note)]


def drawings(figures: Figures, type: str, *, own: bool) -> list[Drawing]:
    """The charts that have something to show; those that count transfers count the ones of `type`."""
    hours = {row["start"] for row in figures["per_hour"]}
    report = "per_hour" if len(hours) <= HOURS_MAX else "per_day"
    rows = figures[report]
    moved = [row for row in rows if row["amount"]]
    unit = _("per hour") if report == "per_hour" else _("per day")
    found = [
        # In and out each have a chart: stacked, they would add up to something that means nothing.
        _amounts([row for row in moved if (row["currency"], row["direction"]) == place], *place, report, unit)
        for place in sorted({(row["currency"], row["direction"]) for row in moved})
    ]
    found.append(_counts([row for row in rows if row["type"] == type], type, report, unit))
    found += _reasons([row for row in figures["outcomes"] if row["type"] == type], type)
    for name in ("top_payees", "top_payers"):
        payments = [row for row in figures[name] if row["type"] == PAYMENT]
        found += [_ranking(name, payments, currency, own=own) for currency in _distinct(payments, "currency")]
    return [drawing for drawing in found if not drawing.chart.is_empty]


def _amounts(rows: Sequence[Row], currency: str, direction: str, report: str, unit: str) -> Drawing:
    starts = sorted({row["start"] for row in rows})
    amounts = {(row["start"], row["type"]): Money(row["amount"], currency).decimal() for row in rows}
    series = [
        Series(word(type), [amounts.get((start, type), Decimal(0)) for start in starts])
        for type in reversed(_distinct(rows, "type"))
    ]
    name = _("Amounts") if direction == "all" else word(direction)
    caption = _("Posted %(unit)s, in %(currency)s", unit=unit, currency=currency)
    chart = stacked_bars(starts, series, unit=currency)
    return Drawing(f"amounts-{direction}-{currency}", name, caption, chart, report)


def _counts(rows: Sequence[Row], type: str, report: str, unit: str) -> Drawing:
    starts = sorted({row["start"] for row in rows})

    def counts(status: str) -> list[int]:
        return [sum(row[status] for row in rows if row["start"] == start) for start in starts]

    series = [Series(word("posted"), counts("posted"), "good"), Series(word("rejected"), counts("rejected"), "bad")]
    chart = stacked_bars(starts, series)
    title = _("%(type)s %(unit)s", type=word(type), unit=unit)
    return Drawing("counts", title, _("By how they ended"), chart, report)


def _reasons(outcomes: Sequence[Row], type: str) -> list[Drawing]:
    rejected = [row for row in outcomes if row["status"] == "rejected"]
    counts = dict.fromkeys(_distinct(rejected, "reason"), 0)
    for row in rejected:
        counts[row["reason"]] += row["transfers"]
    if not counts:
        return []
    ranked = sorted(counts, key=lambda reason: -counts[reason])
    values = [counts[reason] for reason in ranked]
    chart = horizontal_bars(list(map(word, ranked)), values, tone="bad", unit=_("Transfers"), axis=_("Reason"))
    return [Drawing("reasons", _("%(type)s: why rejected", type=word(type)), _("By reason"), chart, "outcomes")]


def _ranking(name: str, payments: Sequence[Row], currency: str, *, own: bool) -> Drawing:
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


def _distinct(rows: Sequence[Row], column: str) -> list[str]:
    return sorted({row[column] for row in rows})
