"""Accounts: opening another one, and statements on the screen and as a file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from contracts.money import MAX_MINOR_UNITS, Money
from service_kit.csv_lines import MEDIA_TYPE, csv_lines
from service_kit.errors import InvalidRequest, NotFound, Problem
from service_kit.tracing import current_traceparent
from transaction_service.domain import Account
from transaction_service.forms import OpenAccountForm, StatementForm
from transaction_service.ledger_client import LedgerUnavailable
from transaction_service.presentation import TYPES, explained
from transaction_service.routes.answers import STATUS, ledger_away, no_account, problem_of
from transaction_service.routes.api import UseCases
from transaction_service.routes.pages.visitors import Door, http_status
from transaction_service.use_cases import NoMainAccount, UnknownAccount

LINES = 50
COLUMNS = ("at", "type", "counterparty", "note", "amount", "balance", "currency", "transfer")


class AccountPages:
    """With what they need handed in. `now` is UTC."""

    def __init__(self, use_cases: UseCases, door: Door, now: Callable[[], datetime]) -> None:
        self._accounts = use_cases.accounts
        self._histories = use_cases.histories
        self._door = door
        self._now = now

    def add_to(self, routes: Blueprint) -> None:
        """Opening at /accounts, statements below each account."""
        routes.add_url_rule("/accounts", view_func=self.accounts, methods=["GET", "POST"])
        routes.add_url_rule("/accounts/<account_id>/statement", view_func=self.statement)
        routes.add_url_rule("/accounts/<account_id>/statement.csv", view_func=self.statement_file)

    def accounts(self) -> ResponseReturnValue:
        who = self._door.visitor()
        form = OpenAccountForm()
        if not form.validate_on_submit():
            return self._page(form, None)
        try:
            reply = self._accounts.open(who, form.currency.data or "", form.wanted, current_traceparent())
        except NoMainAccount:
            return self._page(form, no_account())
        except LedgerUnavailable:
            return self._page(form, ledger_away())
        if reply.status not in STATUS:
            return self._page(form, problem_of(reply))
        name = form.purpose.data or _("Main account")
        said = (
            _("You have this account already: %(name)s, %(currency)s.")
            if reply.replayed
            else _("Your account is open: %(name)s, %(currency)s.")
        )
        flash(said % {"name": name, "currency": form.currency.data}, "info" if reply.replayed else "success")
        return redirect(url_for("pages.accounts"), 303)

    def statement(self, account_id: str) -> ResponseReturnValue:
        who = self._door.visitor()
        form = StatementForm(formdata=request.args)
        after = request.args.get("after", type=int)
        after = after if after is not None and 0 < after <= MAX_MINOR_UNITS else None
        try:
            account = self._histories.account(who.user_id, account_id)
            found = None
            if form.validate():
                query, (first, last) = form.query(), form.period(self._now())
                form.show(first, last)
                found = self._histories.statement(who.user_id, account_id, first, last, after, LINES)
        except UnknownAccount:
            raise NotFound(_("No account of yours has this number.")) from None
        page = render_template(
            "statement.html",
            form=form,
            account=account,
            statement=found,
            query=query if found else {},
            after=after,
            months=_months(self._now()),
        )
        return page, http_status(None, mistaken=found is None)

    def statement_file(self, account_id: str) -> ResponseReturnValue:
        who = self._door.visitor()
        form = StatementForm(formdata=request.args)
        if not form.validate():
            raise InvalidRequest(_("This period can't be used."))
        first, last = form.period(self._now())
        try:
            account = self._histories.account(who.user_id, account_id)
            lines = self._histories.statement_lines(who.user_id, account_id, first, last)
        except UnknownAccount:
            raise NotFound(_("No account of yours has this number.")) from None
        name = f"statement-{account.currency}-{first.date()}-{(last - timedelta(milliseconds=1)).date()}.csv"
        rows = csv_lines(COLUMNS, (_row(line, account) for line in lines))
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(stream_with_context(rows), headers=headers, content_type=MEDIA_TYPE)

    def _page(self, form: OpenAccountForm, problem: Problem | None) -> ResponseReturnValue:
        accounts = self._accounts.of(self._door.visitor())
        if problem is not None and problem.code == "account_closed":
            form.purpose.errors = [_("An account of this name was closed, and its name stays taken. Choose another.")]
        elif problem is not None:
            form.currency.errors = [explained(problem)]
        page = render_template("accounts.html", form=form, accounts=accounts, problem=problem)
        return page, http_status(problem, mistaken=bool(form.errors))


def _row(line: dict[str, Any], account: Account) -> dict[str, Any]:
    """A line as a spreadsheet takes it: amounts in the currency's main unit, exact."""
    return {
        **{name: line[name] for name in ("at", "counterparty", "note", "transfer")},
        "type": str(TYPES.get(line["type"], line["type"])),
        "amount": Money(line["amount"], account.currency).decimal(),
        "balance": Money(line["balance_after"], account.currency).decimal(),
        "currency": account.currency,
    }


def _months(now: datetime) -> list[tuple[datetime, dict[str, str]]]:
    """The present month and the two before, as the queries of their statements."""
    months = []
    last = now
    for _month in range(3):
        first = last.replace(day=1)
        months.append((first, {"from": str(first.date()), "to": str(last.date())}))
        last = first - timedelta(days=1)
    return months
