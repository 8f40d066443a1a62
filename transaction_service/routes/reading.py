"""What happened, by API: transfers by filter, one transfer, statements, balances."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, Response

from contracts.access_token import Scope
from contracts.moments import rfc3339
from service_kit.auth import bearer_principal
from service_kit.csv_lines import MEDIA_TYPE, csv_lines
from service_kit.errors import InvalidRequest
from service_kit.operations import Operations
from service_kit.web import json_answer
from transaction_service.routes.accounts import account_view
from transaction_service.routes.problems import AccountNotFound, TransferNotFound
from transaction_service.use_cases import Filter, Histories, Statement, UnknownAccount

COLUMNS = ("position", "at", "transfer", "type", "counterparty", "note", "amount", "balance_after", "currency")
INSTANT = timedelta(milliseconds=1)
"""Between a moment and the last one before it, as the journal counts time."""
_FILTERS = ("account", "counterparty", "min_amount", "max_amount", "type", "status", "text")


def reading_routes(operations: Operations, histories: Histories, now: Callable[[], datetime]) -> Blueprint:
    """The blueprint, with what it needs handed in. `now` is UTC."""
    api = Blueprint("reading", __name__)
    _add_transfers(api, operations, histories)
    _add_statement(api, operations, histories, now)
    _add_balance(api, operations, histories)
    return api


def _add_transfers(api: Blueprint, operations: Operations, histories: Histories) -> None:
    listing, getting = operations["list_transfers"], operations["get_transfer"]

    @listing.route(api)
    def list_transfers() -> Response:
        who = bearer_principal(Scope.TRANSFERS_READ)
        asked = listing.parameters()
        try:
            page = histories.page(who.user_id, filter_of(asked), cursor_of(asked), asked["limit"])
        except UnknownAccount:
            raise AccountNotFound from None
        return json_answer({"transfers": page.transfers, "next_cursor": _told(page.next_before)})

    @getting.route(api)
    def get_transfer(transfer_id: str) -> Response:
        who = bearer_principal(Scope.TRANSFERS_READ)
        getting.parameters()
        found = histories.transfer(who.user_id, transfer_id)
        if found is None:
            raise TransferNotFound
        steps = found.pop("steps")
        return json_answer({"transfer": found, "steps": steps})


def _add_statement(api: Blueprint, operations: Operations, histories: Histories, now: Callable[[], datetime]) -> None:
    stating = operations["get_statement"]

    @stating.route(api)
    def get_statement(account_id: str) -> Response:
        who = bearer_principal(Scope.ACCOUNTS_READ)
        asked = stating.parameters()
        from_, to = period_of(asked, now())
        try:
            if asked["format"] == "csv":
                account = histories.account(who.user_id, account_id)
                lines = histories.statement_lines(who.user_id, account_id, from_, to)
                return statement_csv(account.currency, lines, from_, to)
            found = histories.statement(who.user_id, account_id, from_, to, cursor_of(asked), asked["limit"])
        except UnknownAccount:
            raise AccountNotFound from None
        return json_answer(_statement(found))


def _add_balance(api: Blueprint, operations: Operations, histories: Histories) -> None:
    balancing = operations["get_balance"]

    @balancing.route(api)
    def get_balance(account_id: str) -> Response:
        who = bearer_principal(Scope.ACCOUNTS_READ)
        at = balancing.parameters().get("at")
        try:
            account = histories.account(who.user_id, account_id)
            answer: dict[str, Any] = {"account": account.id, "currency": account.currency}
            if at is None:
                sums = account_view(account)
                names = ("posted", "pending_in", "pending_out", "available")
                return json_answer({**answer, **{name: sums[name] for name in names}})
            moment = moment_of("at", at)
            posted = histories.balance_at(who.user_id, account_id, moment)
        except UnknownAccount:
            raise AccountNotFound from None
        return json_answer({**answer, "at": rfc3339(moment), "posted": posted})


def filter_of(asked: dict[str, Any]) -> Filter:
    """The filter that a request's parameters say; the pages ask with the same ones."""
    wanted = {name: asked.get(name) for name in _FILTERS}
    if wanted["counterparty"] is not None:
        wanted["counterparty"] = wanted["counterparty"].strip().lower()
    return Filter(**wanted, from_=_edge("from", asked), to=_edge("to", asked))


def period_of(asked: dict[str, Any], now: datetime) -> tuple[datetime, datetime]:
    """The period that is asked for: without `from` the month in which it ends, without `to` until now, in UTC.

    Raises InvalidRequest.
    """
    to = _edge("to", asked) or now + INSTANT
    from_ = _edge("from", asked) or (to - INSTANT).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if from_ > to:
        mistake = {"parameter": "to", "detail": "is before `from`", "code": "period"}
        raise InvalidRequest("The period ends before it begins.", errors=[mistake])
    return from_, to


def cursor_of(asked: dict[str, Any]) -> int | None:
    """The position that a cursor stands for."""
    return int(asked["cursor"]) if "cursor" in asked else None


def statement_csv(currency: str, lines: Any, from_: datetime, to: datetime) -> Response:
    """A download that is sent as it is read."""
    name = f"statement-{from_.date()}-{(to - INSTANT).date()}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    rows = ({**line, "currency": currency} for line in lines)
    return Response(csv_lines(COLUMNS, rows), headers=headers, content_type=MEDIA_TYPE)


def moment_of(name: str, text: str) -> datetime:
    """A moment or a date of the document's formats, in UTC; of a date as `to` its end. Raises InvalidRequest."""
    try:
        if len(text) == len("YYYY-MM-DD"):
            moment = datetime.combine(date.fromisoformat(text), time(), UTC)
            moment += timedelta(days=name == "to")
        else:
            moment = datetime.fromisoformat(text).astimezone(UTC)
        # Who reckons with it goes an instant back or on: raises OverflowError where there is none.
        _ = moment - INSTANT, moment + INSTANT
        return moment
    except (ValueError, OverflowError):
        mistake = {"parameter": name, "detail": "no such moment", "code": "format"}
        raise InvalidRequest("The parameters are not as expected.", errors=[mistake]) from None


def _edge(name: str, asked: dict[str, Any]) -> datetime | None:
    return moment_of(name, asked[name]) if name in asked else None


def _statement(found: Statement) -> dict[str, Any]:
    return {
        "account": found.account.id,
        "currency": found.account.currency,
        "from": rfc3339(found.from_),
        "to": rfc3339(found.to),
        "opening": found.opening,
        "closing": found.closing,
        "entries": found.entries,
        "lines": found.lines,
        "next_cursor": _told(found.next_after),
    }


def _told(position: int | None) -> str | None:
    return None if position is None else str(position)
