"""The page's tables: amounts, accounts, counterparties, concentration, and the statement of one account."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import format_percent
from flask_babel import gettext as _

from analytics_service.domain.balances import Balances
from analytics_service.domain.rows import Row
from analytics_service.figures.view import MONEY, SPREAD, Figures, View
from analytics_service.presentation import ONE, short, when, word
from service_kit.presentation import count, money

LINES_MAX = 100
MILLION = 1_000_000


@dataclass(frozen=True)
class Cell:
    """A text; `account` is the whole id where the text is its beginning, and the cell leads to what moved on it."""

    text: str
    account: str | None = None


@dataclass(frozen=True)
class Column:
    """Of a table of the page."""

    title: str
    cell: Callable[[Row], Cell]
    is_number: bool = False


@dataclass(frozen=True)
class Table:
    """A table with its place in the page. `report` is what its CSV holds; without one it has none."""

    id: str
    title: str
    caption: str
    report: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    when_empty: str = ""


def tables(figures: Figures, view: View, balances: Balances | None = None) -> list[Table]:
    """Those of the section that have something to show, and the statement that was asked for, with its balances."""
    if view.section == MONEY:
        return _statement(figures, view, balances)
    made = [_amounts] if view.section == SPREAD else [_accounts, counterparties, _concentration]
    return [table for make in made for table in make(figures, view) if table.rows]


def _amounts(figures: Figures, view: View) -> list[Table]:
    columns = [
        _text(_("What"), _kind),
        _number(_("Parts"), lambda row: count(row["parts"])),
        _money(_("Smallest"), "least"),
        _money(_("Median"), "p50"),
        _money(_("95 of 100 up to"), "p95"),
        _money(_("99 of 100 up to"), "p99"),
        _money(_("Largest"), "most"),
    ]
    caption = _("What payees got at a time, exact to the cent.")
    return [Table("amounts", _("Sizes"), caption, "amounts", columns, figures["amounts"])]


def _accounts(figures: Figures, view: View) -> list[Table]:
    columns = [_account(_("Account")), *_both_ways(_("In"), _("Out")), _money(_("Balance"), "balance")]
    title = _("Your accounts") if view.own else _("Accounts")
    caption = _("Those that moved most. The balance is the one after the last transfer that the filter selects.")
    return [Table("accounts", title, caption, "accounts", columns, figures["accounts"])]


def payments(rows: Sequence[Row], view: View) -> Table:
    """Payments out, the biggest first."""
    columns = [
        _account(_("To"), "payee_account"),
        _money(_("Amount"), "amount"),
        _text(_("When, %(zone)s", zone=view.zone), lambda row: when(row["occurred_at"], view.zone)),
    ]
    caption = _("Those with which most left your account.")
    return Table("biggest", _("Biggest payments"), caption, "", columns, rows)


def counterparties(figures: Figures, view: View) -> list[Table]:
    """With whom a person dealt; nothing for the platform."""
    if "counterparties" not in figures:
        return []
    last = _text(_("Last, %(zone)s", zone=view.zone), lambda row: when(row["last_at"], view.zone))
    columns = [_account(_("Account")), *_both_ways(_("Got from them"), _("Paid to them")), last]
    title = _("With whom you dealt") if view.own else _("Counterparties")
    caption = _("Those with whom most was moved.")
    return [Table("counterparties", title, caption, "counterparties", columns, figures["counterparties"])]


def _concentration(figures: Figures, view: View) -> list[Table]:
    sides = {"payers": _("Payers"), "payees": _("Payees")}
    columns = [
        _text(_("What"), lambda row: f"{word(row['type'])} · {row['currency']}"),
        _text(_("Of"), lambda row: sides[row["side"]]),
        _number(_("Accounts"), lambda row: count(row["accounts"])),
        _number(_("Share of the largest 1 %"), lambda row: _percent(row["top_amount"] * MILLION // row["amount"])),
        _number(_("Gini"), lambda row: f"{Decimal(row['gini_ppm']).scaleb(-6):.3f}"),
        _number(_("HHI"), lambda row: count(row["hhi"])),
    ]
    caption = _(
        "How evenly the amount is spread. Gini is 0 when all moved the same, near 1 when one moved all; the "
        "Herfindahl-Hirschman index goes up to 10,000."
    )
    rows = figures.get("concentration", [])
    return [Table("concentration", _("Concentration"), caption, "concentration", columns, rows)]


def _statement(figures: Figures, view: View, balances: Balances | None) -> list[Table]:
    if "statement" not in figures:
        return []
    columns = [
        _text(_("When, %(zone)s", zone=view.zone), lambda row: when(row["occurred_at"], view.zone)),
        _text(_("What"), lambda row: str(ONE[row["type"]])),
        Column(_("With"), lambda row: _of_account(row["counterparty"], _("several"))),
        _money(_("Amount"), "amount"),
        _money(_("Balance after"), "balance_after"),
    ]
    lines = figures["statement"]
    account = view.selection.account or ""
    caption = _("Account %(id)s", id=account)
    if len(lines) > LINES_MAX:
        latest = _("the latest %(n)s of %(all)s entries; the CSV has all", n=count(LINES_MAX), all=count(len(lines)))
        caption = f"{caption}: {latest}"
    if balances is not None:
        opening, closing = (money(amount, balances.currency) for amount in (balances.opening, balances.closing))
        told = _("opening balance %(opening)s, closing balance %(closing)s", opening=opening, closing=closing)
        caption = f"{caption} · {told}"
    nothing = _("Nothing has moved on this account.")
    if balances is not None:
        nothing = _("Nothing has moved on this account in this time.")
    elif view.one_person:
        nothing = _("Statements are of one's own accounts, and this one is another's, or nothing has moved on it.")
    return [Table("statement", _("Statement"), caption, "statement", columns, lines[-LINES_MAX:], nothing)]


def _kind(row: Row) -> str:
    kind = f"{word(row['type'])} · {row['currency']}"
    return kind if row["direction"] == "all" else f"{kind} · {word(row['direction'])}"


def _both_ways(came: str, went: str) -> list[Column]:
    return [_money(came, "amount_in"), _money(went, "amount_out")]


def _text(title: str, text: Callable[[Row], str]) -> Column:
    return Column(title, lambda row: Cell(text(row)))


def _number(title: str, text: Callable[[Row], str]) -> Column:
    return Column(title, lambda row: Cell(text(row)), is_number=True)


def _money(title: str, name: str) -> Column:
    return _number(title, lambda row: money(row[name], row["currency"]))


def _account(title: str, name: str = "account") -> Column:
    return Column(title, lambda row: _of_account(row[name], ""))


def _of_account(account: str | None, otherwise: str) -> Cell:
    return Cell(otherwise) if account is None else Cell(short(account), account)


def _percent(millionths: int) -> str:
    return str(format_percent(Decimal(millionths).scaleb(-6), format="#,##0.0%"))
