"""The pages for people: where to log in, the balance with the form and the history, one transfer."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from contracts.money import MAX_MINOR_UNITS
from service_kit.auth import Principal, log_in_url, session_principal
from service_kit.errors import NotFound, Problem
from service_kit.tracing import current_traceparent
from service_kit.web import page_routes
from transaction_service.domain import Account, Outcome
from transaction_service.forms import SendForm
from transaction_service.ledger_client import LedgerUnavailable
from transaction_service.routes.answers import problem_of
from transaction_service.routes.problems import LedgerAway, SameAccount
from transaction_service.settings import WebSettings
from transaction_service.use_cases import Accounts, Ask, OwnAccountError, Payment, Transfers
from transaction_service.use_cases.histories import Filter, Histories

HISTORY_LENGTH = 10
LOOK_AGAIN_SECONDS = "2"


def pages(
    transfers: Transfers,
    accounts: Accounts,
    histories: Histories,
    settings: WebSettings,
    new_key: Callable[[], str],
) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    routes = page_routes("pages", __name__)
    views = _Pages(transfers, accounts, histories, settings, new_key)
    routes.add_url_rule("/", view_func=views.index)
    routes.add_url_rule("/login_transaction_form", view_func=views.login_transaction_form)
    routes.add_url_rule("/send_transaction", view_func=views.send_transaction, methods=["GET", "POST"])
    routes.add_url_rule("/transfers/<transfer_id>", view_func=views.transfer)
    return routes


class _Pages:
    def __init__(
        self,
        transfers: Transfers,
        accounts: Accounts,
        histories: Histories,
        settings: WebSettings,
        new_key: Callable[[], str],
    ) -> None:
        self._transfers = transfers
        self._accounts = accounts
        self._histories = histories
        self._settings = settings
        self._own_url = settings.transaction_public_url
        self._new_key = new_key

    def index(self) -> ResponseReturnValue:
        return redirect(url_for("pages.send_transaction"))

    def login_transaction_form(self) -> ResponseReturnValue:
        if session_principal() is not None:
            return redirect(url_for("pages.send_transaction"))
        target = self._own_url + url_for("pages.send_transaction")
        return render_template("login_transaction_form.html", target=target)

    def send_transaction(self) -> ResponseReturnValue:
        principal = session_principal()
        if principal is None:
            return redirect(url_for("pages.login_transaction_form"))
        accounts = self._accounts.of(principal)
        if not accounts:
            return render_template("account_opening.html"), 200, {"Refresh": LOOK_AGAIN_SECONDS}
        form = SendForm(accounts[0].currency)
        if not form.validate_on_submit():
            return self._overview(principal, accounts, form, None)
        answer = self._send(principal, form)
        if isinstance(answer, Problem):
            return self._overview(principal, accounts, form, answer)
        return redirect(url_for("pages.transfer", transfer_id=answer, sent=1), 303)

    def transfer(self, transfer_id: str) -> ResponseReturnValue:
        principal = session_principal()
        if principal is None:
            return redirect(log_in_url(self._settings, self._own_url))
        found = self._histories.transfer(principal.user_id, transfer_id)
        if found is None:
            raise NotFound(_("No transfer of yours has this number."))
        return render_template("transfer.html", transfer=found, just_sent="sent" in request.args)

    def _send(self, principal: Principal, form: SendForm) -> str | Problem:
        """The id of the posted transfer, or what stood against it."""
        assert form.money is not None, "validated forms have read their amount"  # noqa: S101
        payment = Payment.to(
            (form.payee.data or "").lower(), form.money.amount, form.money.currency, form.note.data or ""
        )
        try:
            reply = self._transfers.post(Ask(principal, form.key.data or "", current_traceparent()), payment)
        except OwnAccountError:
            return SameAccount()
        except LedgerUnavailable:
            return LedgerAway()
        return reply.transfer_id if reply.status == Outcome.POSTED else problem_of(reply)

    def _overview(
        self, principal: Principal, accounts: list[Account], form: SendForm, problem: Problem | None
    ) -> ResponseReturnValue:
        decided = problem is not None and not isinstance(problem, LedgerAway)
        if request.method == "GET" or decided or form.key.errors:
            # A decided key stays with its transfer; one whose outcome is unknown is the way to learn it.
            form.key.data = self._new_key()
        before = request.args.get("before", type=int)
        if before is not None and not 0 < before <= MAX_MINOR_UNITS:
            before = None
        history = self._histories.page(principal.user_id, Filter(), before, HISTORY_LENGTH)
        status = problem.status if problem else 400 if form.errors else 200
        page = render_template(
            "send_transaction.html", accounts=accounts, form=form, problem=problem, history=history, before=before
        )
        return page, status
