"""Webhook endpoints in MongoDB."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from notification_service.domain.endpoint import Disabled, Endpoint, Failing, SealedSecret, Subscription
from notification_service.storage.collections import Collections, Document


class MongoEndpoints:
    """`notification_service.ports.Endpoints` on real ground.

    Each of a person's endpoints has a `place` from 0, unique for them: that is what keeps their number.
    """

    def __init__(self, collections: Collections) -> None:
        self._endpoints = collections.endpoints

    def subscribed(self, user_ids: Iterable[str]) -> Mapping[str, Sequence[Subscription]]:
        wanted = list(user_ids)
        if not wanted:
            return {}
        found: dict[str, list[Subscription]] = {}
        query = {"user_id": {"$in": wanted}, "disabled": None}
        for document in self._endpoints.find(query, {"user_id": 1, "kinds": 1}):
            subscription = Subscription(document["_id"], _kinds(document))
            found.setdefault(document["user_id"], []).append(subscription)
        return found

    def add(self, endpoint: Endpoint, most: int) -> bool:
        while True:
            taken = {found["place"] for found in self._endpoints.find({"user_id": endpoint.user_id}, {"place": 1})}
            place = next((place for place in range(most) if place not in taken), None)
            if place is None:
                return False
            try:
                self._endpoints.insert_one(_document(endpoint) | {"place": place})
            except DuplicateKeyError:
                continue  # somebody else has taken this place meanwhile
            return True

    def of(self, user_id: str) -> list[Endpoint]:
        return [_endpoint(document) for document in self._endpoints.find({"user_id": user_id}).sort("_id")]

    def find(self, id: str) -> Endpoint | None:
        document = self._endpoints.find_one({"_id": id})
        return _endpoint(document) if document else None

    def change(self, endpoint: Endpoint) -> bool:
        document = _document(endpoint)
        new = {name: document[name] for name in ("url", "description", "kinds")}
        own = _own(endpoint.user_id, endpoint.id)
        # What an attempt has found out meanwhile holds, if it is of this URL.
        if self._endpoints.update_one(own | {"url": endpoint.url}, {"$set": new}).matched_count:
            return True
        return self._endpoints.update_one(own, {"$set": new | {"failing": None}}).matched_count == 1

    def replace_secrets(
        self,
        id: str,
        before: Sequence[SealedSecret],
        after: Sequence[SealedSecret],
        to_show_until: datetime | None = None,
    ) -> bool:
        present = {"_id": id, "secrets.0.sealed": before[0].sealed}
        new = {"secrets": [_secret_document(secret) for secret in after], "to_show_until": to_show_until}
        return self._endpoints.update_one(present, {"$set": new}).matched_count == 1

    def show_once(self, user_id: str, id: str, now: datetime) -> Endpoint | None:
        unseen = _own(user_id, id) | {"to_show_until": {"$gt": now}}
        document = self._endpoints.find_one_and_update(unseen, {"$set": {"to_show_until": None}})
        return _endpoint(document) if document else None

    def note_resend(self, id: str, since: datetime, most: int, now: datetime) -> bool:
        # The latest `most` are kept, the oldest of them first.
        few = [{f"resent.{most - 1}": {"$exists": False}}, {"resent.0": {"$lte": since}}]
        one_more = {"resent": {"$each": [now], "$slice": -most}}
        return self._endpoints.update_one({"_id": id, "$or": few}, {"$push": one_more}).matched_count == 1

    def enable(self, id: str, now: datetime) -> bool:
        new = {"enabled_at": now, "disabled": None, "disabled_at": None, "failing": None}
        return self._endpoints.update_one({"_id": id}, {"$set": new}).matched_count == 1

    def remove(self, user_id: str, id: str) -> bool:
        return self._endpoints.delete_one(_own(user_id, id)).deleted_count == 1

    def forget(self, user_ids: Iterable[str]) -> None:
        if wanted := list(user_ids):
            self._endpoints.delete_many({"user_id": {"$in": wanted}})

    def disable(self, id: str, why: Disabled, now: datetime, url: str | None = None) -> bool:
        new = {"disabled": str(why), "disabled_at": now}
        enabled = {"_id": id, "disabled": None} | ({"url": url} if url else {})
        return self._endpoints.update_one(enabled, {"$set": new}).modified_count == 1

    def failed(self, id: str, url: str, now: datetime) -> Failing | None:
        one_more = {
            "since": {"$ifNull": ["$failing.since", now]},
            "attempts": {"$add": [{"$ifNull": ["$failing.attempts", 0]}, 1]},
        }
        document = self._endpoints.find_one_and_update(
            {"_id": id, "url": url},
            [{"$set": {"failing": one_more}}],
            {"failing": 1},
            return_document=ReturnDocument.AFTER,
        )
        return Failing(**document["failing"]) if document else None

    def answered(self, id: str) -> None:
        # Of one that is disabled it stays, to be told: `enable` begins anew.
        self._endpoints.update_one({"_id": id, "disabled": None}, {"$set": {"failing": None}})

    def mended(self, ids: Sequence[str]) -> list[str]:
        query = {"_id": {"$in": list(ids)}, "failing": None}
        return [document["_id"] for document in self._endpoints.find(query, {"_id": 1})]


def _own(user_id: str, id: str) -> Document:
    return {"_id": id, "user_id": user_id}


def _kinds(document: Document) -> frozenset[str] | None:
    return None if document["kinds"] is None else frozenset(document["kinds"])


def _secret_document(secret: SealedSecret) -> Document:
    return {"sealed": secret.sealed, "ends_at": secret.ends_at}


def _document(endpoint: Endpoint) -> Document:
    failing = endpoint.failing
    return {
        "_id": endpoint.id,
        "user_id": endpoint.user_id,
        "url": endpoint.url,
        "description": endpoint.description,
        "kinds": None if endpoint.kinds is None else sorted(endpoint.kinds),
        "secrets": [_secret_document(secret) for secret in endpoint.secrets],
        "created_at": endpoint.created_at,
        "enabled_at": endpoint.enabled_at,
        "disabled": endpoint.disabled and str(endpoint.disabled),
        "disabled_at": endpoint.disabled_at,
        "failing": failing and {"since": failing.since, "attempts": failing.attempts},
        "to_show_until": endpoint.to_show_until,
    }


def _endpoint(document: Document) -> Endpoint:
    failing = document["failing"]
    return Endpoint(
        id=document["_id"],
        user_id=document["user_id"],
        url=document["url"],
        description=document["description"],
        kinds=_kinds(document),
        secrets=tuple(SealedSecret(bytes(each["sealed"]), each["ends_at"]) for each in document["secrets"]),
        created_at=document["created_at"],
        enabled_at=document["enabled_at"],
        disabled=Disabled(document["disabled"]) if document["disabled"] else None,
        disabled_at=document["disabled_at"],
        failing=Failing(**failing) if failing else None,
        to_show_until=document.get("to_show_until"),
    )
