"""The page's first figures, each with a line that explains it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import format_percent
from flask_babel import gettext as _

from analytics_service.domain.rows import Row
from analytics_service.figures.view import MONEY, Figures, View
from analytics_service.presentation import word
from service_kit.presentation import count, money

GO_BOTH_WAYS = ("refund", "reversal")
"""A person may give them and get them; of the other types the word says which."""


@dataclass(frozen=True)
class Card:
    """One figure, and a line that explains it."""

    title: str
    figure: str
    note: str


def cards(figures: Figures, view: View) -> list[Card]:
    """The totals, per currency; what is usual; how many transfers of the view's type went well. Of money alone."""
    if view.section != MONEY:
        return []
    totals = [_card(row) for row in figures["totals"] if row["posted"]]
    usual = [] if view.one_person else [_usual(row) for row in figures["amounts"] if row["type"] == view.type]
    return totals + usual + _success(figures["outcomes"], view.type, own=view.one_person)


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


def _usual(row: Row) -> Card:
    title = _("%(what)s: median", what=word(row["type"]))
    most = money(row["p95"], row["currency"])
    return Card(title, money(row["p50"], row["currency"]), _("95 of 100 are %(most)s or less", most=most))


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
