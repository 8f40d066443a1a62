"""The web application with a ledger in memory: the same decisions, no network."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from contracts.access_token import USER_SCOPES, Scope
from service_kit.auth import Access, Principal, install_access
from service_kit.errors import TokenExpired, TokenInvalid
from service_kit.web import create_web_app
from tests.unit.transaction_service.ledgers import Ledger, an_id
from transaction_service import wiring
from transaction_service.ledger_client import LedgerUnavailable
from transaction_service.presentation import install_filters
from transaction_service.protocol import Reply, decode_reply, encode_answer
from transaction_service.routes.api import api_routes
from transaction_service.routes.pages import pages
from transaction_service.settings import WebSettings
from transaction_service.storage.reading import Summary
from transaction_service.use_cases import Transfers

KEY = "0" * 64
SETTINGS = WebSettings(
    http_port=5001,
    mongo_url=SecretStr("mongodb://nowhere/ledger"),
    redis_url=SecretStr("redis://nowhere"),
    secret_key=SecretStr("x" * 32),
    client_secret=SecretStr("x"),
    ledger_endpoints="tcp://nowhere:1",
    ledger_server_public_key=KEY,
    ledger_client_public_key=KEY,
    ledger_client_secret_key=SecretStr(KEY),
)


class LedgerInMemory:
    """Stands for the door and for the readers; `away` makes it unreachable."""

    def __init__(self, ledger: Ledger) -> None:
        self.book = ledger
        self.away = False

    def ask(self, command) -> Reply:
        if self.away:
            raise LedgerUnavailable
        answer = self.book.decide(command).answers[0]
        return decode_reply(encode_answer(1, answer))[1]

    def accounts_of(self, user_id):
        return [account for account in self.book.accounts.values() if account.user_id == user_id]

    def transfers_of(self, accounts, before, limit):
        found = [self._with_entries(record) for record in reversed(self.book.records) if self._seen(record, accounts)]
        return [transfer for transfer in found if before is None or transfer["position"] < before][:limit]

    def transfer(self, transfer_id, accounts):
        return next(
            (t for t in self.transfers_of(accounts, None, len(self.book.records)) if t["id"] == transfer_id), None
        )

    def summary(self):
        return Summary(len(self.book.records), 0, len(self.book.accounts), {}, {"EUR": 0})

    def head(self):
        return len(self.book.records)

    def journal(self, after, limit):
        return []

    @staticmethod
    def _seen(record, accounts):
        return record.transfer is not None and bool(set(record.parties) & set(accounts))

    @staticmethod
    def _with_entries(record):
        entries = [{"account": entry.account, "balance_after": entry.balance_after} for entry in record.entries]
        return {**record.transfer, "entries": entries}


class Tokens:
    """A token is the username; `ann!ledger` has the scope of a service."""

    def verify(self, token: str) -> Principal:
        if token == "expired":
            raise TokenExpired
        if not token.isascii() or "." in token:
            raise TokenInvalid
        name, _, more = token.partition("!")
        scopes = frozenset({Scope.LEDGER_READ} if more else USER_SCOPES)
        return Principal(f"user-{name}", name, ("user",), scopes, "s-1")


def someone(cookie: str) -> Principal | None:
    """A session cookie is the username."""
    return Principal(f"user-{cookie}", cookie, ("user",), frozenset(USER_SCOPES), "s-1")


def application(memory: LedgerInMemory) -> Flask:
    """The application as wiring makes it, over the ledger in memory."""
    numbers = iter(range(500_000, 600_000))
    transfers = Transfers(memory, memory, lambda: an_id(next(numbers)))
    app = create_web_app(
        wiring.SERVICE,
        SETTINGS,
        secret_key=SETTINGS.secret_key,
        registry=CollectorRegistry(),
        readiness={},
        openapi=Path(wiring.__file__).with_name("openapi.yaml"),
    )
    install_access(app, Access(Tokens(), someone))
    install_filters(app)
    app.register_blueprint(api_routes(transfers, memory))
    app.register_blueprint(pages(transfers, SETTINGS, lambda: an_id(next(numbers))))
    return app
