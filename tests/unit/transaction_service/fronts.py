"""The web application with a ledger in memory: the same decisions, no network."""

from __future__ import annotations

import itertools
from functools import cache

import orjson
from flask import Flask
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from contracts.access_token import USER_SCOPES
from service_kit.auth import Access, Principal, install_access
from service_kit.errors import TokenExpired, TokenInvalid
from service_kit.operations import Operations
from service_kit.web import create_web_app
from tests.unit.transaction_service.documented import DocumentedClient
from tests.unit.transaction_service.ledgers import Ledger, an_id
from tests.unit.transaction_service.orders_in_memory import OrdersInMemory
from tests.unit.transaction_service.payees_in_memory import ContactsInMemory, LookupsInMemory, PayeesInMemory
from tests.unit.transaction_service.stretches import stretch_of
from transaction_service import wiring
from transaction_service.ledger_client import LedgerUnavailable
from transaction_service.metrics import WebMetrics
from transaction_service.ports import Contact
from transaction_service.presentation import install_filters
from transaction_service.protocol import Reply, decode_command, decode_reply, encode_answer, encode_command
from transaction_service.routes.api import UseCases, api_routes
from transaction_service.routes.document import OPENAPI, operations
from transaction_service.routes.pages import pages
from transaction_service.routes.read_bound import ReadBound
from transaction_service.settings import WebSettings
from transaction_service.storage.history import Row
from transaction_service.storage.reading import Summary
from transaction_service.use_cases import Accounts, Cash, Contacts, Histories, Republications, Transfers, World

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
    """Stands for the door and for the readers; `away` makes it unreachable, `room` so many commands from now.

    With `answers_get_lost` it decides and nobody hears of it. `flying_most` is how many were handed over and not yet
    waited for, at most.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.book = ledger
        self.away = self.answers_get_lost = False
        self.room: int | None = None
        self.flying = self.flying_most = 0
        self.registry = CollectorRegistry()
        self.contacts, self.lookups, self.payees = ContactsInMemory(), LookupsInMemory(), PayeesInMemory(ledger)
        self.orders = OrdersInMemory()

    def require_store(self):
        if self.away:
            raise LedgerUnavailable

    def ask(self, command) -> Reply:
        if self.away or self.room == 0:
            raise LedgerUnavailable
        if self.room is not None:
            self.room -= 1
        answer = self.book.ask(decode_command(encode_command(command)))
        if self.answers_get_lost:
            raise LedgerUnavailable
        return decode_reply(encode_answer(1, answer))[1]

    def submit(self, command):
        self.flying += 1
        self.flying_most = max(self.flying, self.flying_most)
        return command

    def wait(self, call) -> Reply:
        self.flying -= 1
        return self.ask(call)

    def contact(self, username):
        return Contact(username, "", self.book.now)

    def accounts_of(self, user_id):
        return [account for account in self.book.accounts.values() if account.user_id == user_id]

    def rows(self, accounts, above, below, limit):
        found = [
            self._row(record)
            for record in reversed(self.book.records)
            if self._begins_a_transfer(record, accounts)
            and set(record.parties) & set(accounts)
            and above < record.position < (below or len(self.book.records) + 1)
        ]
        return found[:limit]

    def row(self, transfer_id, accounts):
        return next((r for r in self.rows(accounts, 0, None, None) if r.body["id"] == transfer_id), None)

    def with_key(self, key):
        saved = self.book.saved.get(key)
        return saved and saved.command_id

    def steps(self, transfer_id, accounts, most):
        found = [
            {
                "_id": record.position,
                "at": record.at,
                "outcome": str(record.answer.outcome),
                "body": record.answer.body,
                "parties": record.parties,
            }
            for record in self.book.records
            if transfer_id in (record.command_id, record.of, record.original) and set(record.parties) & set(accounts)
        ]
        kinds: dict[str, list] = {}
        for step in found:
            kind = "it" if step["body"]["id"] == transfer_id else step["outcome"]
            kinds.setdefault(kind, []).append(step)
        return sorted((step for of_kind in kinds.values() for step in of_kind[-most:]), key=lambda step: step["_id"])

    def last_entry(self, account, upto):
        found = [e for record in self.book.records[:upto] for e in record.entries if e.account == account]
        return {"seq": found[-1].seq, "balance_after": found[-1].balance_after} if found else None

    def records(self, account, above, upto, limit):
        found = [
            {
                "_id": record.position,
                "at": record.at,
                "body": record.answer.body,
                "entries": [
                    {"amount": e.amount, "balance_after": e.balance_after}
                    for e in record.entries
                    if e.account == account
                ],
            }
            for record in self.book.records[above:upto]
        ]
        return [record for record in found if record["entries"]][:limit]

    def last_before(self, moment, head):
        return max((record.position for record in self.book.records[:head] if record.at <= moment), default=0)

    def summary(self):
        return Summary(len(self.book.records), 0, len(self.book.accounts), {}, {"EUR": 0})

    def head(self):
        return len(self.book.records)

    def position(self):
        return len(self.book.records)

    def journal(self, after, limit):
        return []

    def stretch(self, after, upto):
        return stretch_of([record for record in self.book.records if after < record.position <= upto])

    def to_publish(self, after, limit):
        return [{"event": orjson.dumps(record.event).decode()} for record in self.book.records[after : after + limit]]

    @staticmethod
    def _begins_a_transfer(record, accounts):
        body = record.answer.body
        # Who is paid by a scheduled transfer is no party to it until it is executed.
        executed = record.of is not None and record.of == body["id"] and body["status"] == "posted"
        paid_later = executed and "execute_at" in body and body["payer"]["account"] not in accounts
        return "payees" in body and (record.of is None or paid_later)

    def _row(self, record):
        state = self.book.transfers.get(record.answer.body["id"])
        last = self.book.records[state.last - 1] if state else record
        entries = [{"account": entry.account, "balance_after": entry.balance_after} for entry in last.entries]
        refunded = state.refunded if state else {}
        return Row(record.position, last.answer.body, entries, refunded)


class Tokens:
    """A token is the username; `ann!read` and `ann!republish` have a scope of services, `sue+support` a role, `ann~0` a
    second factor that was proven at that moment."""

    def verify(self, token: str) -> Principal:
        if token == "expired":
            raise TokenExpired
        if not token.isascii() or "." in token:
            raise TokenInvalid
        name, _, more = token.partition("!")
        name, _, role = name.partition("+")
        scopes = frozenset({f"ledger:{more}"} if more else USER_SCOPES)
        name, _, proven = name.partition("~")
        roles = ("user", role) if role else ("user",)
        return Principal(f"user-{name}", name, roles, scopes, "s-1", int(proven) if proven else None)


def someone(cookie: str) -> Principal | None:
    """A session cookie is the username; `ann~0` as a token."""
    name, _, proven = cookie.partition("~")
    return Principal(f"user-{name}", name, ("user",), frozenset(USER_SCOPES), "s-1", int(proven) if proven else None)


@cache
def documented_operations() -> Operations:
    """The document's operations; compiling them once is enough for all tests."""
    return operations()


def application(memory: LedgerInMemory, first_id: int = 500_000) -> Flask:
    """The application as wiring makes it, over the ledger in memory; replicas begin with other ids."""
    numbers = itertools.count(first_id)

    def new_id() -> str:
        return an_id(next(numbers))

    def now():
        return memory.book.now

    world = World(memory, new_id)
    transfers = Transfers(memory, new_id, now)
    accounts = Accounts(memory, memory, world, new_id, now)
    histories = Histories(memory, memory, memory, memory)
    contacts = Contacts(memory.contacts, memory.payees, memory.lookups, WebMetrics(memory.registry), now)
    app = create_web_app(
        wiring.SERVICE,
        SETTINGS,
        secret_key=SETTINGS.secret_key,
        registry=memory.registry,
        readiness={},
        openapi=OPENAPI,
    )
    app.test_client_class = DocumentedClient
    install_access(app, Access(Tokens(), someone))
    install_filters(app)
    republications = Republications(memory.orders, memory, now)
    use_cases = UseCases(transfers, Cash(memory, world, new_id), accounts, histories, contacts, republications)
    bound = ReadBound(memory.require_store, seconds=1.5)
    app.register_blueprint(api_routes(documented_operations(), use_cases, memory, now, bound))
    app.register_blueprint(pages(use_cases, SETTINGS, new_id, now))
    return app
