"""One MongoDB transaction per transfer, as the manuals teach it.

The order inside is the best we found for this design: the unique index alone guards the key (no read before), the
balance is checked by the update that takes it, and the payee, who may be busy, is touched last, so that a write
conflict is short. MongoDB's driver retries conflicts with back-off (``with_transaction``).
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pymongo import ASCENDING, MongoClient, ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.database import Database
from pymongo.errors import DuplicateKeyError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from bench.textbook import limits

Document = dict[str, Any]
DURABLE = WriteConcern(w="majority", j=True)


class Rejected(Exception):
    """The transfer was decided against; its ``reason`` says why."""

    def __init__(self, transfer: Document) -> None:
        super().__init__(transfer["reason"])
        self.transfer = transfer


class LimitExceeded(Exception):
    """The payer has sent so much, or so often, that this one goes beyond a limit; the transaction ends."""


class KeyReused(Exception):
    """The key was used for another body."""


class NoAccount(Exception):
    """The payer has no account yet; nothing is saved."""


@dataclass(frozen=True)
class Order:
    """One transfer as asked for."""

    key: str
    payer: str
    payee: str
    amount: int
    currency: str
    note: str | None

    def body(self) -> Document:
        return {"payee": self.payee, "amount": self.amount, "currency": self.currency, "note": self.note}


class Transfers:
    """Accounts, transfers and entries in three collections."""

    def __init__(self, client: MongoClient[Document], database: str) -> None:
        self._client = client
        self._db: Database[Document] = client.get_database(database, write_concern=DURABLE)

    def prepare(self) -> None:
        """Indexes; safe to repeat."""
        self._db.accounts.create_index("username", unique=True)
        self._db.transfers.create_index([("payer", ASCENDING), ("key", ASCENDING)], unique=True)
        self._db.entries.create_index([("account", ASCENDING), ("at", ASCENDING)])

    def open_accounts(self, usernames: list[str], grant: int, currency: str) -> None:
        """One account each, its grant taken from the world's account, which alone may be negative."""
        opened = [{"_id": str(uuid4()), "username": name, "currency": currency, "balance": grant} for name in usernames]
        world = {"_id": "world", "username": "@world", "currency": currency, "balance": -grant * len(usernames)}
        self._db.accounts.insert_many([*opened, world])

    def post(self, order: Order) -> tuple[Document, bool]:
        """Post the order, or find what was decided for its key before.

        Returns the transfer and whether it is a replay. Raises Rejected (also replayed), KeyReused and NoAccount.
        """
        accounts = {a["username"]: a for a in self._db.accounts.find({"username": {"$in": [order.payer, order.payee]}})}
        if order.payer not in accounts:
            raise NoAccount
        transfer = self._new(order)
        try:
            reason = _reason_against(order, accounts)
            if reason is None and self._move(transfer, order, accounts):
                return transfer, False
            self._reject(transfer, reason or "insufficient_funds")
            raise Rejected(transfer)
        except LimitExceeded:
            self._reject(transfer, "limit_exceeded")
            raise Rejected(transfer) from None
        except DuplicateKeyError:
            return self._decided_before(order), True

    def summary(self) -> Document:
        """Posted and rejected transfers and the sum over all accounts per currency, which must be 0."""
        sums = self._db.accounts.aggregate([{"$group": {"_id": "$currency", "sum": {"$sum": "$balance"}}}])
        return {
            "posted": self._db.transfers.count_documents({"status": "posted"}),
            "rejected": self._db.transfers.count_documents({"status": "rejected"}),
            "totals": {row["_id"]: row["sum"] for row in sums},
        }

    def _new(self, order: Order) -> Document:
        names = {"_id": str(uuid4()), "type": "payment", "status": "posted", "reason": None}
        return names | order.body() | {"payer": order.payer, "key": order.key, "at": datetime.now(UTC)}

    def _move(self, transfer: Document, order: Order, accounts: dict[str, Document]) -> bool:
        """Move the money; False when the balance does not allow it."""
        payer, payee = accounts[order.payer]["_id"], accounts[order.payee]["_id"]
        entries = [(payer, -order.amount), (payee, order.amount)]

        def work(session: ClientSession) -> bool:
            left = self._db.accounts.find_one_and_update(
                {"_id": payer, "balance": {"$gte": order.amount}},
                limits.take(order.amount, transfer["at"]),
                return_document=ReturnDocument.AFTER,
                session=session,
            )
            if left is None:
                session.abort_transaction()
                return False
            transfer["balance_after"] = left["balance"]
            paid = self._db.paid.find_one_and_update(
                {"_id": {"payer": payer, "payee": payee}},
                limits.pay(order.amount, transfer["at"]),
                return_document=ReturnDocument.AFTER,
                upsert=True,
                session=session,
            )
            if limits.exceeded(order.amount, left, paid, transfer["at"]):
                raise LimitExceeded
            self._db.transfers.insert_one(transfer, session=session)
            self._db.entries.insert_many(
                [
                    {"transfer": transfer["_id"], "account": account, "amount": amount, "at": transfer["at"]}
                    for account, amount in entries
                ],
                session=session,
            )
            self._db.outbox.insert_one(_event(transfer, payer, payee), session=session)
            self._db.accounts.update_one({"_id": payee}, {"$inc": {"balance": order.amount}}, session=session)
            return True

        with self._client.start_session() as session:
            return bool(session.with_transaction(work, read_concern=ReadConcern("majority"), write_concern=DURABLE))

    def _reject(self, transfer: Document, reason: str) -> None:
        transfer |= {"status": "rejected", "reason": reason, "balance_after": None}
        self._db.transfers.insert_one(transfer)

    def _decided_before(self, order: Order) -> Document:
        saved = self._db.transfers.find_one({"payer": order.payer, "key": order.key})
        assert saved is not None, "a unique index refused the key, so its transfer exists"  # noqa: S101
        if any(saved[name] != value for name, value in order.body().items()):
            raise KeyReused
        if saved["status"] == "rejected":
            raise Rejected(saved)
        return saved


def _event(transfer: Document, payer: str, payee: str) -> Document:
    """What a relay would publish: without an outbox in the same transaction a crash after the commit loses it."""
    facts = {name: transfer[name] for name in ("type", "status", "reason", "amount", "currency", "at")}
    return {"_id": str(uuid4()), "transfer": transfer["_id"], "payer": payer, "payee": payee, **facts}


def _reason_against(order: Order, accounts: dict[str, Document]) -> str | None:
    if order.payee not in accounts:
        return "unknown_payee"
    if order.payee == order.payer:
        return "same_account"
    currencies = {order.currency, accounts[order.payer]["currency"], accounts[order.payee]["currency"]}
    return "currency_mismatch" if len(currencies) > 1 else None
