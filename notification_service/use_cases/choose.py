"""By which ways each is told: what its person has chosen, and where they can be reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from contracts.notices import Kind
from notification_service.domain import OUTWARD_WITHIN, SUBJECTS, UNCHANGED, Channel, Notification, Preferences
from notification_service.domain.endpoint import Subscription
from notification_service.ports import Endpoints, People
from service_kit.clock import Clock

TOLD_BY_AUTH = frozenset({Kind.PASSWORD_CHANGED})
"""Auth writes this letter itself, with the change; two of it would frighten."""

BY_DEFAULT = frozenset(
    (str(kind), channel)
    for kind, subject in SUBJECTS.items()
    for channel in Channel
    if UNCHANGED.wants(subject, channel)
)
"""By which ways what is told unless somebody has chosen otherwise."""


class Choose:
    """Asks once for a whole batch."""

    def __init__(self, people: People, endpoints: Endpoints, clock: Clock) -> None:
        self._people = people
        self._endpoints = endpoints
        self._clock = clock

    def choose(
        self, notifications: Sequence[Notification], preferences: Mapping[str, Preferences]
    ) -> list[Notification]:
        """Each with `silent` and `ways` as its person wants it; `preferences` are of those who have any.

        Who has closed their account is told nothing: the ledger freezes what they had after that, and says so.
        """
        fresh = self._clock.now() - OUTWARD_WITHIN
        people = {each.user_id for each in notifications}
        if gone := self._people.gone(people):
            notifications = [each.without_content() if each.user_id in gone else each for each in notifications]
        endpoints = self._endpoints.subscribed(people - gone)
        letters = [
            each.kind not in TOLD_BY_AUTH and self._wants(each, Channel.EMAIL, preferences) for each in notifications
        ]
        writable = {each.user_id for each, wanted in zip(notifications, letters, strict=True) if wanted}
        addresses = self._people.addresses(writable) if writable else {}
        chosen = []
        for each, wanted in zip(notifications, letters, strict=True):
            ways: list[str] = []
            if each.occurred_at >= fresh:
                if wanted and each.user_id in addresses:
                    ways.append(str(Channel.EMAIL))
                if each.user_id in endpoints:
                    ways += self._webhooks(each, endpoints[each.user_id], preferences)
            silent = each.silent or not self._wants(each, Channel.INBOX, preferences)
            chosen.append(replace(each, silent=silent, ways=tuple(ways)) if silent or ways else each)
        return chosen

    def goes_out(self, told: Notification) -> bool:
        """Whether it is recent enough for another way than the inbox."""
        return told.occurred_at >= self._clock.now() - OUTWARD_WITHIN

    def _webhooks(
        self, told: Notification, endpoints: Sequence[Subscription], preferences: Mapping[str, Preferences]
    ) -> list[str]:
        if not self._wants(told, Channel.WEBHOOK, preferences):
            return []
        return [f"{Channel.WEBHOOK}:{endpoint.id}" for endpoint in endpoints if endpoint.wants(told.kind)]

    @staticmethod
    def _wants(told: Notification, channel: Channel, preferences: Mapping[str, Preferences]) -> bool:
        chosen = preferences.get(told.user_id)
        # Nearly all people have chosen nothing, and thousands are told every second.
        return (told.kind, channel) in BY_DEFAULT if chosen is None else chosen.wants(SUBJECTS[told.kind], channel)
