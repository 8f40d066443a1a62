"""Letters that are due, and how many have gone lately."""

from __future__ import annotations

from datetime import datetime

from pymongo import ASCENDING, DESCENDING, ReturnDocument
from pymongo.client_session import ClientSession
from pymongo.database import Database

from auth_service.domain import LetterKind, MailLink, MailOrder, address_key
from auth_service.domain.letter import address_hash
from auth_service.storage.together import together
from service_kit.mongo import MongoDocument


class MongoMailOrders:
    """ports.MailOrders. `next_try_at` is lease and pause in one: who takes an order puts it off."""

    def __init__(self, db: Database[MongoDocument]) -> None:
        self._db = db
        self._orders = db.mail_orders

    def add(self, order: MailOrder) -> None:
        self._orders.insert_one(order_document(order))

    def take(self, now: datetime, put_off_until: datetime) -> MailOrder | None:
        found = self._orders.find_one_and_update(
            {"next_try_at": {"$lte": now}},
            {"$set": {"next_try_at": put_off_until}, "$inc": {"tries": 1}},
            sort=[("notice", DESCENDING), ("next_try_at", ASCENDING)],
            return_document=ReturnDocument.AFTER,
        )
        return None if found is None else _order(found)

    def put_off(self, order: MailOrder, until: datetime) -> None:
        self._orders.update_one({"_id": order.id, "tries": order.tries}, {"$set": {"next_try_at": until}})

    def link(self, order: MailOrder, link: MailLink) -> bool:
        """The order is touched too: of this, and of a link's use that removes the order, one comes first."""

        def write(session: ClientSession) -> bool:
            held = {"_id": order.id, "tries": order.tries}
            ours = self._orders.update_one(held, {"$set": {"linked": True}}, session=session).matched_count == 1
            if ours:
                self._db.mail_links.insert_one(_link_document(link), session=session)
            return ours

        return together(self._db, write)

    def remove(self, order: MailOrder) -> None:
        self._orders.delete_one({"_id": order.id})

    def sent(self, order: MailOrder, kind: LetterKind, at: datetime) -> None:
        self._orders.delete_one({"_id": order.id})
        self._db.mail_sent.insert_one({"address_hash": address_hash(order.address), "kind": kind, "at": at})

    def sent_since(self, address: str, kind: LetterKind, moment: datetime) -> int:
        query = {"address_hash": address_hash(address), "kind": kind, "at": {"$gt": moment}}
        return self._db.mail_sent.count_documents(query)

    def depth_and_oldest(self) -> tuple[int, datetime | None]:
        """How many wait, and since when the oldest does."""
        oldest = self._orders.find_one(sort=[("ordered_at", ASCENDING)])
        return self._orders.count_documents({}), oldest["ordered_at"] if oldest else None


def order_document(order: MailOrder) -> MongoDocument:
    """As it is kept; written in the transaction of the change that it tells of."""
    document = dict(vars(order))
    document["_id"] = document.pop("id")
    due = {"notice": order.is_notice, "next_try_at": order.ordered_at}
    return {**document, "address_key": address_key(order.address), **due}


def _order(document: MongoDocument) -> MailOrder:
    names = ("kind", "address", "user_id", "ordered_at", "traceparent", "about", "tries")
    return MailOrder(id=document["_id"], **{name: document[name] for name in names})


def _link_document(link: MailLink) -> MongoDocument:
    document = dict(vars(link))
    document["_id"] = document.pop("hash")
    return document
