"""What the page of a person's own spending shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask_babel import format_date
from flask_babel import gettext as _

from analytics_service.figures import one_report
from analytics_service.figures.cards import Card
from analytics_service.figures.tables import Table, counterparties, payments
from analytics_service.figures.view import Drawing, View
from analytics_service.use_cases.spending import Spent
from service_kit.presentation import count, money


def cards_of(spent: Spent) -> list[Card]:
    """In and out of the latest month that had any, in each currency; the balance; what was not sent."""
    found = []
    if spent.account is not None:
        note = _("on the account that you use most")
        found.append(Card(_("Balance"), money(spent.account["balance"], spent.account["currency"]), note))
    months = spent.figures["per_month"]
    latest = [row for row in months if row["start"] == months[-1]["start"]] if months else []
    for direction, title in (("out", _("Money out")), ("in", _("Money in"))):
        for currency in sorted({row["currency"] for row in latest}):
            rows = [row for row in latest if (row["currency"], row["direction"]) == (currency, direction)]
            amount = sum(row["amount"] for row in rows)
            if amount:
                found.append(Card(title, money(amount, currency), _("in %(month)s", month=_month(latest[0]["period"]))))
    refused = sum(row["transfers"] for row in spent.figures["outcomes"] if row["status"] == "rejected")
    if refused:
        found.append(Card(_("Not sent"), count(refused), _("refused, and nothing moved")))
    return found


def drawings_of(spent: Spent, view: View) -> list[Drawing]:
    """In and out by month, and the balance over time."""
    months = one_report.drawings_of("per_month", spent.figures["per_month"], view)
    return [drawing for drawing in months if drawing.id != "counts"] + one_report.drawings_of(
        "statement", spent.statement, view
    )


def people_of(spent: Spent, view: View) -> Table | None:
    """With whom they dealt."""
    return _shown(counterparties(spent.figures, view))


def biggest_of(spent: Spent, view: View) -> Table | None:
    """Their biggest payments."""
    return _shown([payments(spent.biggest, view)])


def _month(period: str) -> str:
    """2026-11 in the reader's language."""
    return str(format_date(date.fromisoformat(f"{period}-01"), "MMMM y"))


def _shown(tables: Sequence[Table]) -> Table | None:
    return next((table for table in tables if table.rows), None)
