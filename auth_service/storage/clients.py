"""Services with credentials."""

from __future__ import annotations

from pymongo.database import Database

from auth_service.domain import Client
from service_kit.mongo import MongoDocument


class MongoClients:
    """ports.Clients"""

    def __init__(self, db: Database[MongoDocument]) -> None:
        self._clients = db.clients

    def by_id(self, client_id: str) -> Client | None:
        document = self._clients.find_one({"_id": client_id})
        if document is None:
            return None
        return Client(document["_id"], document["secret_hash"], tuple(document["scopes"]))

    def put(self, client: Client) -> None:
        values = {"secret_hash": client.secret_hash, "scopes": list(client.scopes)}
        self._clients.update_one({"_id": client.id}, {"$set": values}, upsert=True)
