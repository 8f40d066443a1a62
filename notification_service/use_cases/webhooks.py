"""What a person does about their webhooks, by API or page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from contracts.notices import Kind
from notification_service.domain import Channel, Delivery, DeliveryRecord, DeliveryState, Notification
from notification_service.domain.address import Network
from notification_service.domain.endpoint import (
    MOST_PER_PERSON,
    Disabled,
    Endpoint,
    EndpointDisabled,
    SealedSecret,
    StillOnItsWay,
    TooManyEndpoints,
    TooManyTests,
    kinds_of,
    rotated,
)
from notification_service.domain.target import target_of
from notification_service.ports import Deliveries, Endpoints
from service_kit.clock import Clock
from service_kit.errors import NotFound
from service_kit.tracing import current_traceparent

TESTS_AT_ONCE, TESTS_WITHIN = 5, timedelta(minutes=1)
"""Of one person: a test costs its sender nothing, and whoever it is sent to may not have asked for it."""
_LATEST = 50
OVER = (DeliveryState.DELIVERED, DeliveryState.DEAD, DeliveryState.CANCELLED)
NewSecret = Callable[[], tuple[str, bytes]]
"""A fresh secret, as its receiver is shown it and sealed."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What an owner decides about an endpoint. `kinds` None: all."""

    url: str
    description: str = ""
    kinds: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class LogPage:
    """Newest first. `next_before` is where the older ones begin, None at the end."""

    records: list[DeliveryRecord]
    next_before: str | None


class Webhooks:
    """The use cases, with what they need handed in. Each raises NotFound for what isn't the person's."""

    def __init__(
        self,
        endpoints: Endpoints,
        deliveries: Deliveries,
        new_secret: NewSecret,
        new_id: Callable[[], str],
        private: Sequence[Network],
        clock: Clock,
    ) -> None:
        """`private`: networks that webhooks may go to although they are private. `new_id`: in the order of time."""
        self._endpoints = endpoints
        self._deliveries = deliveries
        self._new_secret = new_secret
        self._new_id = new_id
        self._private = private
        self._clock = clock

    def create(self, user_id: str, wish: Wish) -> tuple[Endpoint, str]:
        """A new endpoint, and its secret: told now and never again.

        Raises UrlNotAllowed, InvalidRequest, TooManyEndpoints.
        """
        target_of(wish.url, self._private)
        secret, sealed = self._new_secret()
        now = self._clock.now()
        endpoint = Endpoint(
            self._new_id(),
            user_id,
            wish.url,
            wish.description,
            kinds_of(wish.kinds),
            (SealedSecret(sealed),),
            created_at=now,
            enabled_at=now,
        )
        if not self._endpoints.add(endpoint, MOST_PER_PERSON):
            raise TooManyEndpoints(f"You have {MOST_PER_PERSON}.")
        return endpoint, secret

    def all(self, user_id: str) -> list[Endpoint]:
        """The oldest first."""
        return self._endpoints.of(user_id)

    def one(self, user_id: str, id: str) -> Endpoint:
        """One of the person's."""
        endpoint = self._endpoints.find(id)
        if endpoint is None or endpoint.user_id != user_id:
            raise NotFound("No webhook of yours has this id.")
        return endpoint

    def change(self, user_id: str, id: str, wish: Wish) -> Endpoint:
        """Raises UrlNotAllowed, InvalidRequest."""
        endpoint = self.one(user_id, id)
        target_of(wish.url, self._private)
        changed = replace(endpoint, url=wish.url, description=wish.description, kinds=kinds_of(wish.kinds))
        if not self._endpoints.change(changed):
            raise NotFound("No webhook of yours has this id.")
        return changed

    def switch(self, user_id: str, id: str, enabled: bool) -> Endpoint:
        """Enable it, with nothing held against it, or disable it. What is on its way to a disabled one is cancelled."""
        endpoint = self.one(user_id, id)
        if enabled and endpoint.disabled:
            self._endpoints.enable(id, self._clock.now())
        elif not enabled:
            self._endpoints.disable(id, Disabled.BY_OWNER, self._clock.now())
        return self.one(user_id, id)

    def delete(self, user_id: str, id: str) -> None:
        """What is on its way to it is cancelled at its next attempt."""
        if not self._endpoints.remove(user_id, id):
            raise NotFound("No webhook of yours has this id.")

    def rotate(self, user_id: str, id: str) -> tuple[Endpoint, str]:
        """A new secret, told now and never again; the one before it signs too for a day."""
        secret, sealed = self._new_secret()
        while True:
            endpoint = self.one(user_id, id)
            secrets = rotated(endpoint.secrets, sealed, self._clock.now())
            if self._endpoints.replace_secrets(id, endpoint.secrets, secrets):
                return replace(endpoint, secrets=secrets), secret

    def test(self, user_id: str, id: str) -> DeliveryRecord:
        """Order a delivery that says nothing but that it arrives. Raises EndpointDisabled, TooManyTests."""
        endpoint, now = self._enabled(user_id, id), self._clock.now()
        if self._tests_since(user_id, now - TESTS_WITHIN) >= TESTS_AT_ONCE:
            raise TooManyTests(headers={"Retry-After": str(int(TESTS_WITHIN.total_seconds()))})
        notification = Notification(self._new_id(), user_id, Channel.WEBHOOK, Kind.WEBHOOK_TEST, None, now)
        delivery = Delivery(notification, endpoint.id, current_traceparent())
        self._deliveries.add([delivery], now)
        return self._record(endpoint, delivery.id)

    def _tests_since(self, user_id: str, moment: datetime) -> int:
        """Tests of any of the person's webhooks, also of those that are deleted."""
        latest = self._deliveries.page(None, _LATEST, user_id=user_id)
        tests = [each for each in latest if each.delivery.notification.kind == Kind.WEBHOOK_TEST]
        return sum(each.created_at > moment for each in tests)

    def log(self, user_id: str, id: str, before: str | None, limit: int) -> LogPage:
        """What was ordered for it, from below the order `before`, with its latest attempts."""
        endpoint = self.one(user_id, id)
        found = self._deliveries.page(before, limit + 1, target=endpoint.id)
        shown = found[:limit]
        return LogPage(shown, shown[-1].order if len(found) > limit else None)

    def resend(self, user_id: str, id: str, delivery_id: str) -> DeliveryRecord:
        """Once more, with the same id, by which its receiver knows it. Raises EndpointDisabled, StillOnItsWay."""
        endpoint = self._enabled(user_id, id)
        self._record(endpoint, delivery_id)
        if not self._deliveries.redrive(delivery_id, self._clock.now(), OVER):
            raise StillOnItsWay
        return self._record(endpoint, delivery_id)

    def _enabled(self, user_id: str, id: str) -> Endpoint:
        endpoint = self.one(user_id, id)
        if endpoint.disabled:
            raise EndpointDisabled
        return endpoint

    def _record(self, endpoint: Endpoint, delivery_id: str) -> DeliveryRecord:
        record = self._deliveries.find(delivery_id)
        if record is None or record.delivery.target != endpoint.id:
            raise NotFound("Nothing of this id was sent to this webhook.")
        return record
