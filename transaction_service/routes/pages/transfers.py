"""What was sent and received: the history by filter, one transfer, and what may be done about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from contracts.money import MAX_MINOR_UNITS
from service_kit.auth import Principal
from service_kit.errors import NotFound, Problem
from service_kit.tracing import current_traceparent
from transaction_service.domain import Act
from transaction_service.forms import ContactForm, FollowUpForm, HistoryForm
from transaction_service.ledger_client import LedgerUnavailable
from transaction_service.presentation import account_name, explained, field_of
from transaction_service.routes.answers import STATUS, ledger_away, problem_of
from transaction_service.routes.api import UseCases
from transaction_service.routes.pages.visitors import Door, http_status
from transaction_service.routes.problems import LedgerAway
from transaction_service.routes.reading import moment_of
from transaction_service.use_cases import Ask, Filter, UnknownAccount

PAGE_LENGTH = 20
DONE = {
    Act.CAPTURE: lazy_gettext("Paid out."),
    Act.VOID: lazy_gettext("Called off. No money has moved."),
    Act.REFUND: lazy_gettext("Paid back."),
}


class TransferPages:
    """With what they need handed in."""

    def __init__(self, use_cases: UseCases, door: Door, new_key: Callable[[], str]) -> None:
        self._transfers = use_cases.transfers
        self._accounts = use_cases.accounts
        self._histories = use_cases.histories
        self._contacts = use_cases.contacts
        self._door = door
        self._new_key = new_key

    def add_to(self, routes: Blueprint) -> None:
        """The history, a transfer, and the acts below it."""
        routes.add_url_rule("/history", view_func=self.history)
        routes.add_url_rule("/transfers/<transfer_id>", view_func=self.transfer)
        routes.add_url_rule(
            "/transfers/<transfer_id>/<any(capture, void, refund):act>", view_func=self.act, methods=["POST"]
        )

    def history(self) -> ResponseReturnValue:
        who = self._door.visitor()
        accounts = self._accounts.of(who)
        form = HistoryForm(accounts, formdata=request.args)
        own = {account.id: account_name(account) for account in accounts}
        before = _position("before")
        try:
            found = self._histories.page(who.user_id, _filter(form), before, PAGE_LENGTH) if form.validate() else None
        except UnknownAccount:
            raise NotFound(_("No account of yours has this number.")) from None
        page = render_template("history.html", form=form, query=form.query(), history=found, before=before, own=own)
        return page, http_status(None, mistaken=found is None)

    def transfer(self, transfer_id: str) -> ResponseReturnValue:
        who = self._door.visitor()
        return self._page(who, self._found(who, transfer_id), {}, None)

    def act(self, transfer_id: str, act: str) -> ResponseReturnValue:
        who = self._door.visitor(url_for("pages.transfer", transfer_id=transfer_id))
        transfer = self._found(who, transfer_id)
        form = FollowUpForm(act, transfer["currency"])
        if not form.validate_on_submit():
            return self._page(who, transfer, {act: form}, None)
        ask = Ask(who, form.key.data or "", current_traceparent())
        try:
            reply = self._transfers.follow_up(ask, Act(act), transfer_id, amount=form.money, note=form.note.data or "")
        except LedgerUnavailable:
            return self._page(who, transfer, {act: form}, ledger_away())
        if reply.status not in STATUS:
            return self._page(who, transfer, {act: form}, problem_of(reply))
        return redirect(url_for("pages.transfer", transfer_id=transfer_id, done=act), 303)

    def _found(self, who: Principal, transfer_id: str) -> dict[str, Any]:
        found = self._histories.transfer(who.user_id, transfer_id)
        if found is None:
            raise NotFound(_("No transfer of yours has this number."))
        return found

    def _page(
        self, who: Principal, transfer: dict[str, Any], filled: Mapping[str, FollowUpForm], problem: Problem | None
    ) -> ResponseReturnValue:
        forms = {
            act: filled.get(act) or FollowUpForm(act, transfer["currency"], formdata=None) for act in _acts(transfer)
        }
        for form in forms.values():
            if not form.key.data or form.key.errors or (problem and not isinstance(problem, LedgerAway)):
                # A decided key stays with what it decided; one whose outcome is unknown is the way to learn it.
                form.key.data = self._new_key()
        field = field_of(problem) if problem else None
        for act in filled:
            if act in forms and problem is not None and field == "amount":
                forms[act].amount.errors = [explained(problem)]
        accounts = self._accounts.of(who)
        page = render_template(
            "transfer.html",
            transfer=transfer,
            own={account.id: account_name(account) for account in accounts},
            forms=forms,
            problem=problem,
            sent=request.args.get("sent"),
            done=DONE.get(request.args.get("done", "")),  # type: ignore[call-overload]
            left=transfer["amount"] - transfer.get("refunded", 0),
            keep=self._worth_keeping(who, transfer),
        )
        return page, http_status(problem, mistaken=any(form.errors for form in filled.values()))

    def _worth_keeping(self, who: Principal, transfer: dict[str, Any]) -> ContactForm | None:
        """The offer to save a payee who isn't a contact yet."""
        payees = transfer["payees"]
        if transfer["direction"] != "out" or transfer["type"] != "payment" or transfer["status"] == "rejected":
            return None
        username = payees[0]["username"]
        if len(payees) > 1 or username in (None, who.username):
            return None
        if any(known.contact.username == username for known in self._contacts.of(who)):
            return None
        return ContactForm(formdata=None, data={"username": username})


def _acts(transfer: Mapping[str, Any]) -> list[str]:
    """What the viewer may do about a transfer; the ledger decides again."""
    if transfer["status"] == "pending":
        return ["capture", "void"]
    if transfer["status"] == "scheduled":
        return ["void"] if transfer["direction"] == "out" else []
    paid = transfer["status"] == "posted" and transfer["type"] == "payment" and transfer["direction"] == "in"
    return ["refund"] if paid and transfer["amount"] > transfer.get("refunded", 0) else []


def _filter(form: HistoryForm) -> Filter:
    query = form.query()
    edges = {f"{name}_": moment_of(name, query[name]) for name in ("from", "to") if name in query}
    wanted = {name: query.get(name) for name in ("account", "counterparty", "type", "status", "text")}
    return Filter(**wanted, **form.amounts, from_=edges.get("from_"), to=edges.get("to_"))  # type: ignore[arg-type]


def _position(name: str) -> int | None:
    """Where a page begins; a spoilt link shows the first."""
    value = request.args.get(name, type=int)
    return value if value is not None and 0 < value <= MAX_MINOR_UNITS else None
