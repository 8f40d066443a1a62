"""Preferences in MongoDB: one document for each person who has chosen anything."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from notification_service.domain import Channel, Many, Preferences, Subject, Watch
from notification_service.storage.collections import Collections, Document
from notification_service.storage.notification_document import known_part


class MongoPreferences:
    """`notification_service.ports.ManyPreferences` on real ground."""

    def __init__(self, collections: Collections) -> None:
        self._preferences = collections.preferences

    def of(self, user_ids: Iterable[str]) -> dict[str, Preferences]:
        wanted = list(user_ids)
        found = self._preferences.find({"_id": {"$in": wanted}}) if wanted else ()
        return {document["_id"]: _preferences(document) for document in found}

    def keep(self, user_id: str, preferences: Preferences, now: datetime) -> None:
        self._preferences.replace_one({"_id": user_id}, _document(preferences) | {"changed_at": now}, upsert=True)

    def forget(self, user_ids: Iterable[str]) -> None:
        gone = list(user_ids)
        if gone:
            self._preferences.delete_many({"_id": {"$in": gone}})


def _document(preferences: Preferences) -> Document:
    channels: dict[str, dict[str, bool]] = {}
    for (subject, channel), wanted in preferences.channels.items():
        channels.setdefault(str(subject), {})[str(channel)] = wanted
    watch, many = preferences.watch, preferences.watch.many_transfers
    return {
        "channels": channels,
        "watch": {
            "large_transfer": dict(watch.large_transfer),
            "low_balance": dict(watch.low_balance),
            "first_to_payee": watch.first_to_payee,
            "many_transfers": many and {"count": many.count, "minutes": many.minutes},
        },
    }


def _preferences(document: Document) -> Preferences:
    """A subject, channel or rule that this release doesn't know, since a later one wrote it, says nothing."""
    watch, known = document["watch"], (set(Subject), set(Channel))
    channels = {
        (Subject(subject), Channel(channel)): wanted
        for subject, choices in document["channels"].items()
        for channel, wanted in choices.items()
        if subject in known[0] and channel in known[1]
    }
    many = watch["many_transfers"]
    watched = watch | {"many_transfers": known_part(Many, many) if many else None}
    return Preferences(channels, known_part(Watch, watched))
