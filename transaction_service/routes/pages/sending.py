"""Sending money: the form, the confirm step, the answer.

The form asks the ledger for a dry run and leads to the confirm step, whose URL holds the key that the payment will
have. The yes is a POST to that URL, and its answer leads to the transfer's page: a second click, a reload or the back
button can only meet the same key, and are told what became of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from babel.numbers import get_currency_precision
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from contracts.access_token import NEWCOMER
from contracts.moments import rfc3339
from contracts.money import Money
from service_kit.auth import Principal, session_principal
from service_kit.errors import Problem
from service_kit.step_up import StepUpRequired
from service_kit.tracing import current_traceparent
from transaction_service.domain import Account
from transaction_service.domain.journal import ACCEPTED, Outcome
from transaction_service.forms import HOLD, LATER, ConfirmForm, SendForm, spendable
from transaction_service.ledger_client import LedgerUnavailable
from transaction_service.presentation import account_name, explained, field_of
from transaction_service.routes.answers import ledger_away, problem_of, same_account, too_many_lookups
from transaction_service.routes.api import UseCases
from transaction_service.routes.asking import demand_proof
from transaction_service.routes.pages import drafts
from transaction_service.routes.pages.drafts import Draft
from transaction_service.routes.pages.visitors import Door, StepUpFirst, http_status
from transaction_service.routes.problems import LedgerAway
from transaction_service.use_cases import Ask, Filter, LimitsNow, OwnAccountError, TooManyLookups

LATEST = 8
LOOK_AGAIN_SECONDS = "2"
JUST_NOW = timedelta(minutes=10)
"""The same amount to the same payee within this time may be a mistake: one is asked."""


class SendingPages:
    """With what they need handed in."""

    def __init__(
        self, use_cases: UseCases, door: Door, new_key: Callable[[], str], now: Callable[[], datetime]
    ) -> None:
        self._transfers = use_cases.transfers
        self._accounts = use_cases.accounts
        self._histories = use_cases.histories
        self._contacts = use_cases.contacts
        self._step_up_from = use_cases.step_up_from
        self._door = door
        self._new_key = new_key
        self._now = now

    def add_to(self, routes: Blueprint) -> None:
        """The form at the page's own name, the confirm step below it."""
        routes.add_url_rule("/send_transaction", view_func=self.send_transaction, methods=["GET", "POST"])
        routes.add_url_rule("/send_transaction/<key>", view_func=self.confirm)
        routes.add_url_rule("/send_transaction/<key>", view_func=self.send, methods=["POST"])

    def send_transaction(self) -> ResponseReturnValue:
        if request.method == "POST" and session_principal() is None:
            drafts.keep_unsent({name: request.form.get(name, "")[:most] for name, most in _TYPED.items()})
        who = self._door.visitor(url_for("pages.send_transaction") if request.method == "POST" else None)
        accounts = self._accounts.of(who)
        if not accounts:
            return render_template("account_opening.html"), 200, {"Refresh": LOOK_AGAIN_SECONDS}
        form = self._form(who, accounts)
        if not form.validate_on_submit():
            return self._overview(who, accounts, form, None)
        draft = _draft_of(who, form)
        problem = self._stands_against(who, draft)
        if problem is not None:
            return self._overview(who, accounts, form, problem)
        key = self._new_key()
        drafts.keep(key, draft)
        return redirect(url_for("pages.confirm", key=key), 303)

    def confirm(self, key: str) -> ResponseReturnValue:
        who = self._door.visitor()
        return self._settled(who, key) or self._confirm_page(who, key, drafts.find(key, who.user_id), None)

    def send(self, key: str) -> ResponseReturnValue:
        who = self._door.visitor(url_for("pages.confirm", key=key))
        draft = drafts.find(key, who.user_id)
        if draft is None or not ConfirmForm().validate_on_submit():
            return self._settled(who, key) or self._confirm_page(who, key, draft, None)
        payment = draft.payment()
        try:
            demand_proof(who, [payment], self._step_up_from, self._now())
        except StepUpRequired:
            raise StepUpFirst(url_for("pages.confirm", key=key)) from None
        try:
            reply = self._transfers.post(Ask(who, key, current_traceparent()), payment)
        except LedgerUnavailable:
            return self._confirm_page(who, key, draft, ledger_away())
        if reply.status not in (*ACCEPTED, Outcome.REJECTED):
            return self._settled(who, key) or self._confirm_page(who, key, draft, problem_of(reply))
        if reply.status != Outcome.REJECTED:
            drafts.drop(key)
        return redirect(url_for("pages.transfer", transfer_id=reply.transfer_id, sent="now"), 303)

    def _settled(self, who: Principal, key: str) -> ResponseReturnValue | None:
        """The page of the transfer that this key has made already, if it has."""
        transfer = self._histories.made_with(who, key)
        return transfer and redirect(url_for("pages.transfer", transfer_id=transfer, sent="before"), 303)

    def _form(self, who: Principal, accounts: Sequence[Account]) -> SendForm:
        """Filled in from what was typed before: a draft that is to be changed, a form that a log-in came between."""
        able = spendable(accounts)
        if request.method == "POST":
            return SendForm(able, self._now())
        draft = drafts.find(request.args.get("draft", ""), who.user_id)
        before = {name: value for name, value in drafts.take_unsent().items() if value}
        if before:
            return SendForm(able, self._now(), formdata=MultiDict(before))
        if draft is not None:
            return SendForm(able, self._now(), formdata=MultiDict(_typed(draft)))
        return SendForm(able, self._now(), data={"payee": request.args.get("to"), "account": request.args.get("from")})

    def _stands_against(self, who: Principal, draft: Draft) -> Problem | None:
        """What the ledger would say against it, once it may be asked about this payee."""
        try:
            if draft.payee:
                self._contacts.look_up(who, draft.payee)
        except OwnAccountError:
            return same_account()
        except TooManyLookups as error:
            return too_many_lookups(error.wait_seconds)
        return self._refused(who, draft)

    def _refused(self, who: Principal, draft: Draft) -> Problem | None:
        """What the ledger would say against it now: the same rules, and nothing is written."""
        try:
            reply = self._transfers.post(Ask(who, ""), draft.payment(dry_run=True))
        except LedgerUnavailable:
            return ledger_away()
        return None if reply.status in ACCEPTED else problem_of(reply)

    def _overview(
        self, who: Principal, accounts: Sequence[Account], form: SendForm, problem: Problem | None
    ) -> ResponseReturnValue:
        limits = self._limits(who, accounts)
        field = field_of(problem) if problem else None
        if field is not None and problem is not None:
            form[field].errors = [*form[field].errors, explained(problem)]
        page = render_template(
            "send_transaction.html",
            accounts=accounts,
            able=spendable(accounts),
            form=form,
            limits=limits,
            newcomer=NEWCOMER in who.roles,
            problem=problem,
            field_name=field,
            own={account.id: account_name(account) for account in accounts},
            spending=[_spending(account, limits[account.currency]) for account in spendable(accounts)],
            contacts=self._contacts.of(who),
            history=self._histories.page(who.user_id, Filter(), None, LATEST),
        )
        return page, http_status(problem, mistaken=bool(form.errors))

    def _limits(self, who: Principal, accounts: Sequence[Account]) -> dict[str, LimitsNow]:
        """What may be sent, by currency."""
        return {currency: self._accounts.limits(who, currency) for currency in sorted({a.currency for a in accounts})}

    def _confirm_page(
        self, who: Principal, key: str, draft: Draft | None, problem: Problem | None
    ) -> ResponseReturnValue:
        accounts = {account.id: account for account in self._accounts.of(who)}
        if draft is None or draft.account not in accounts:
            flash(_("That form is no longer here, and nothing was sent by it. Fill it in again."), "warning")
            return redirect(url_for("pages.send_transaction"), 303)
        problem = problem or self._refused(who, draft)
        page = render_template(
            "confirm.html",
            key=key,
            draft=draft,
            payer=accounts[draft.account],
            own=accounts.get(draft.own),
            paid=self._contacts.paid_before(who, draft.payee),
            contact=next((known for known in self._contacts.of(who) if known.contact.username == draft.payee), None),
            limits=None if draft.own else self._accounts.limits(who, draft.currency),
            same=self._just_sent(who, draft),
            problem=problem,
            away=isinstance(problem, LedgerAway),
            form=ConfirmForm(),
        )
        return page, http_status(problem, mistaken=False)

    def _just_sent(self, who: Principal, draft: Draft) -> dict[str, Any] | None:
        """The same again, a moment ago."""
        if draft.own:
            return None
        alike = Filter(
            from_=self._now() - JUST_NOW,
            counterparty=draft.payee,
            min_amount=draft.amount,
            max_amount=draft.amount,
            type="payment",
        )
        found = self._histories.page(who.user_id, alike, None, LATEST).transfers
        return next((t for t in found if t["direction"] == "out" and t["status"] in ACCEPTED), None)


_TYPED = {"account": 64, "payee": 64, "own": 64, "amount": 24, "note": 200, "when": 8, "hold": 8, "at": 16}
"""What a person types, and how much of it is worth a place in a cookie."""


def _draft_of(who: Principal, form: SendForm) -> Draft:
    assert form.payer is not None, "validated forms name an account"  # noqa: S101
    return Draft(
        author=who.user_id,
        account=form.payer.id,
        currency=form.payer.currency,
        amount=form.money,
        payee=form.payee.data or "",
        own=form.own.data or "",
        note=form.note.data or "",
        hold_seconds=form.hold_seconds,
        execute_at=rfc3339(form.moment) if form.moment else None,
    )


def _spending(account: Account, now: LimitsNow) -> dict[str, Any]:
    """What the page's script checks against while one types; minor units."""
    return {
        "id": account.id,
        "currency": account.currency,
        "decimals": get_currency_precision(account.currency),
        "available": account.available,
        "per_transfer": now.limits["per_transfer"],
        "remaining_today": now.remaining_today,
    }


def _typed(draft: Draft) -> dict[str, str]:
    """The form that a draft was made by."""
    when = {"when": HOLD, "hold": str(draft.hold_seconds)} if draft.hold_seconds else {}
    if draft.execute_at:
        when = {"when": LATER, "at": draft.execute_at[: len("YYYY-MM-DDTHH:MM")]}
    amount = str(Money(draft.amount, draft.currency).decimal())
    typed = {"account": draft.account, "payee": draft.payee, "own": draft.own, "amount": amount, "note": draft.note}
    return {**typed, **when}
