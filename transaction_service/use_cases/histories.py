"""What happened: a person's transfers by filter, one transfer with its steps, statements, balances at any moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from contracts.moments import rfc3339
from service_kit.principal import Principal
from transaction_service.domain import Account
from transaction_service.ports import AccountReader, Moments, Row, Statements, TransferReader
from transaction_service.use_cases.payment import personal

CHUNK = 200
SCAN_MAX = 2_000
"""So many transfers are looked at for one page; a filter that few pass gets a shorter page and a cursor to go on."""
STATEMENT_CHUNK = 500
STEPS_MAX = 100
"""Of a kind (see TransferReader.steps) that are shown of one transfer: somebody who was paid may try or refund a
thousand times."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which transfers: `from_` inclusive and `to` exclusive (aware datetimes), amounts in minor units as the viewer
    sees them, `text` anywhere in the note whatever its case."""

    account: str | None = None
    from_: datetime | None = None
    to: datetime | None = None
    counterparty: str | None = None
    min_amount: int | None = None
    max_amount: int | None = None
    type: str | None = None
    status: str | None = None
    text: str | None = None

    @property
    def looks_inside(self) -> bool:
        """Whether more than the account and the time decides."""
        inside = (self.counterparty, self.min_amount, self.max_amount, self.type, self.status, self.text)
        return any(value is not None for value in inside)

    def passes(self, view: dict[str, Any]) -> bool:
        """Whether a transfer as its viewer sees it is wanted."""
        sides = [view["payer"]] if view["direction"] == "in" else view["payees"]
        return (
            (self.counterparty is None or any(side["username"] == self.counterparty for side in sides))
            and (self.min_amount is None or view["amount"] >= self.min_amount)
            and (self.max_amount is None or view["amount"] <= self.max_amount)
            and (self.type is None or view["type"] == self.type)
            and (self.status is None or view["status"] == self.status)
            and (self.text is None or self.text.casefold() in view["note"].casefold())
        )


@dataclass(frozen=True)
class History:
    """A page of transfers, latest first; `next_before` is where the older ones begin, None at the end."""

    transfers: list[dict[str, Any]]
    next_before: int | None


@dataclass(frozen=True)
class Statement:
    """An account's entries of a period, with the balance before the first and after the last of them all.

    `entries` is their number in the whole period; `next_after` is where the next page begins, None at the end.
    """

    account: Account
    from_: datetime
    to: datetime
    opening: int
    closing: int
    entries: int
    lines: list[dict[str, Any]]
    next_after: int | None


class UnknownAccount(Exception):
    """No account of the asker's has this id."""


class Histories:
    """The use cases, with what they need handed in."""

    def __init__(
        self, accounts: AccountReader, transfers: TransferReader, statements: Statements, moments: Moments
    ) -> None:
        self._accounts = accounts
        self._transfers = transfers
        self._statements = statements
        self._moments = moments

    def page(self, user_id: str, wanted: Filter, before: int | None, limit: int) -> History:
        """The user's transfers over all accounts, or as one of them sees them: what came to it from another is `in`.

        Raises UnknownAccount.
        """
        own = self._own(user_id)
        if wanted.account is not None and wanted.account not in own:
            raise UnknownAccount
        above, below = self._between(wanted, before)
        accounts = own if wanted.account is None else [wanted.account]
        page: list[dict[str, Any]] = []
        places: list[int] = []
        scanned = 0
        while scanned < SCAN_MAX:
            size = CHUNK if wanted.looks_inside else limit + 1
            rows = self._transfers.rows(accounts, above, below, size)
            for row in rows:
                view = as_seen_by(row, accounts)
                if wanted.passes(view):
                    if len(page) == limit:
                        return History(page, places[-1])
                    page.append(view)
                    places.append(row.first)
            if len(rows) < size:
                return History(page, None)
            scanned += len(rows)
            below = rows[-1].first
        return History(page, below)

    def transfer(self, user_id: str, transfer_id: str) -> dict[str, Any] | None:
        """One transfer with its `steps`, if the user is a party to it."""
        own = self._own(user_id)
        row = self._transfers.row(transfer_id, own)
        if row is None:
            return None
        steps = self._transfers.steps(transfer_id, own, STEPS_MAX)
        return {**as_seen_by(row, own), "steps": [_step(step, transfer_id) for step in steps]}

    def made_with(self, who: Principal, key: str) -> str | None:
        """The id of the transfer that somebody asked for with this key; None where it has decided nothing."""
        return self._transfers.with_key(personal(who, key))

    def statement(
        self, user_id: str, account_id: str, from_: datetime, to: datetime, after: int | None, limit: int
    ) -> Statement:
        """An account's entries from a moment to (exclusive) another one, a page of them. Raises UnknownAccount."""
        account = self._account(user_id, account_id)
        begin, end = self._period(from_, to)
        first, last = self._statements.last_entry(account_id, begin), self._statements.last_entry(account_id, end)
        records = self._statements.records(account_id, max(begin, after or 0), end, limit + 1)
        lines = [line for record in records[:limit] for line in _lines(record, account_id)]
        return Statement(
            account=account,
            from_=from_,
            to=to,
            opening=first["balance_after"] if first else 0,
            closing=last["balance_after"] if last else 0,
            entries=(last["seq"] if last else 0) - (first["seq"] if first else 0),
            lines=lines,
            next_after=records[limit - 1]["_id"] if len(records) > limit else None,
        )

    def statement_lines(self, user_id: str, account_id: str, from_: datetime, to: datetime) -> Iterator[dict[str, Any]]:
        """All of them, read as they are taken. Raises UnknownAccount at once."""
        self._account(user_id, account_id)
        begin, end = self._period(from_, to)
        return self._each_line(account_id, begin, end)

    def balance_at(self, user_id: str, account_id: str, moment: datetime) -> int:
        """What was posted by a moment, that moment included; 0 before the first entry. Raises UnknownAccount."""
        self._account(user_id, account_id)
        # The journal counts milliseconds: what is finer would reach into the next one.
        moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        upto = self._moments.last_before(moment + timedelta(milliseconds=1), self._accounts.head())
        last = self._statements.last_entry(account_id, upto)
        return last["balance_after"] if last else 0

    def account(self, user_id: str, account_id: str) -> Account:
        """One account of the user's. Raises UnknownAccount."""
        return self._account(user_id, account_id)

    def _each_line(self, account: str, after: int, upto: int) -> Iterator[dict[str, Any]]:
        while records := self._statements.records(account, after, upto, STATEMENT_CHUNK):
            for record in records:
                yield from _lines(record, account)
            after = records[-1]["_id"]

    def _period(self, from_: datetime, to: datetime) -> tuple[int, int]:
        head = self._accounts.head()
        return self._moments.last_before(from_, head), self._moments.last_before(to, head)

    def _between(self, wanted: Filter, before: int | None) -> tuple[int, int | None]:
        if wanted.from_ is None and wanted.to is None:
            return 0, before
        head = self._accounts.head()
        above = 0 if wanted.from_ is None else self._moments.last_before(wanted.from_, head)
        below = None if wanted.to is None else self._moments.last_before(wanted.to, head) + 1
        return above, min((edge for edge in (before, below) if edge is not None), default=None)

    def _account(self, user_id: str, account_id: str) -> Account:
        found = next((account for account in self._accounts.accounts_of(user_id) if account.id == account_id), None)
        if found is None:
            raise UnknownAccount
        return found

    def _own(self, user_id: str) -> list[str]:
        return [account.id for account in self._accounts.accounts_of(user_id)]


def as_seen_by(row: Row, own: Sequence[str]) -> dict[str, Any]:
    """A transfer with its direction and the viewer's own balance after it.

    Who is paid with others sees the payer and their own part: what the others got is not theirs to know.
    """
    body = row.body
    outgoing = body["payer"]["account"] in own
    sides = [body["payer"]] if outgoing else [payee for payee in body["payees"] if payee["account"] in own]
    view = {name: value for name, value in body.items() if name != "balance_after"}
    view["direction"] = "out" if outgoing else "in"
    if not outgoing and len(sides) < len(body["payees"]):
        view["payees"], view["amount"] = sides, sum(side["amount"] for side in sides)
        view.pop("held", None)
    refunded = sum(row.refunded.get(payee["account"], 0) for payee in view["payees"])
    if refunded:
        view["refunded"] = refunded
    mine = {side["account"] for side in sides}
    for entry in row.entries:
        if entry["account"] in mine:
            view["balance_after"] = entry["balance_after"]
    return view


def _step(record: dict[str, Any], transfer_id: str) -> dict[str, Any]:
    body = record["body"]
    step = {"position": record["_id"], "at": rfc3339(record["at"]), "outcome": record["outcome"]}
    if body["id"] != transfer_id:
        # A refund, or an attempt that was refused: a transfer of its own, between the same two.
        step |= {"id": body["id"], "type": body["type"], "amount": body["amount"]}
    return step


def _lines(record: dict[str, Any], account: str) -> Iterator[dict[str, Any]]:
    body = record["body"]
    for entry in record["entries"]:
        paid = entry["amount"] < 0
        others = body["payees"] if paid else [body["payer"]]
        yield {
            "position": record["_id"],
            "at": rfc3339(record["at"]),
            "transfer": body["id"],
            "type": body["type"],
            "counterparty": ", ".join(side["username"] or "" for side in others),
            "note": body["note"],
            "amount": entry["amount"],
            "balance_after": entry["balance_after"],
        }
