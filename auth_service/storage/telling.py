"""What is told of a change, written in its transaction: its entry in the audit log, its event, its letters."""

from __future__ import annotations

from pymongo.client_session import ClientSession
from pymongo.database import Database

from auth_service.ports import Told
from auth_service.storage.audit import append
from auth_service.storage.mail_orders import order_document
from auth_service.storage.outbox import event_document
from service_kit.mongo import MongoDocument


def tell(db: Database[MongoDocument], told: Told, within: ClientSession) -> None:
    """Write all that `told` holds."""
    append(db, told.act, within)
    if told.event is not None:
        db.outbox.insert_one(event_document(told.event, told.act.at), session=within)
    for order in told.orders:
        db.mail_orders.insert_one(order_document(order), session=within)
