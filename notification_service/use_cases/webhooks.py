"""What a person does about their webhooks, by API or page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from contracts.notices import Kind
from notification_service.domain import Channel, Delivery, DeliveryRecord, DeliveryState, Notification, Webhook
from notification_service.domain.address import Network
from notification_service.domain.endpoint import (
    MOST_PER_PERSON,
    TO_SHOW_WITHIN,
    Disabled,
    Endpoint,
    EndpointDisabled,
    SealedSecret,
    StillOnItsWay,
    TooManyChanges,
    TooManyEndpoints,
    TooManyResends,
    TooManyTests,
    described,
    kinds_of,
    rotated,
)
from notification_service.domain.target import target_of
from notification_service.ports import Deliveries, Endpoints, Filter, Notifications
from service_kit.clock import Clock
from service_kit.errors import NotFound
from service_kit.tracing import current_traceparent

TESTS_AT_ONCE, TESTS_WITHIN = 5, timedelta(minutes=1)
"""Of one person: a test costs its sender nothing, and whoever it is sent to may not have asked for it."""
RESENDS_AT_ONCE, RESENDS_WITHIN = 30, timedelta(minutes=1)
"""To one webhook."""
CHANGES_AT_ONCE, CHANGES_WITHIN = 30, timedelta(minutes=10)
"""Of one person's webhooks: everybody's letters share one way out."""
_CHANGES = (Kind.WEBHOOK_ADDED, Kind.WEBHOOK_MOVED, Kind.WEBHOOK_SECRET_REPLACED)
_LATEST = 50
NewSecret = Callable[[], tuple[str, bytes]]
"""A fresh secret, as its receiver is shown it and sealed."""
Show = Callable[[bytes], str]
"""A sealed one, as its receiver is shown it."""


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
        notifications: Notifications,
        new_secret: NewSecret,
        show: Show,
        new_id: Callable[[], str],
        private: Sequence[Network],
        tell: Callable[[Notification], object],
        clock: Clock,
    ) -> None:
        """`private`: networks that webhooks may go to although they are private. `new_id`: in the order of time.

        `tell`: lets a person know what was done in their name. It is told before it is done, so that nobody who has got
        into an account can do it unseen because we died in between. What it raises passes. `notifications` say how
        often that was, lately.
        """
        self._endpoints = endpoints
        self._deliveries = deliveries
        self._notifications = notifications
        self._new_secret = new_secret
        self._show = show
        self._new_id = new_id
        self._private = private
        self._tell = tell
        self._clock = clock

    def create(self, user_id: str, wish: Wish, *, show_later: bool = False) -> tuple[Endpoint, str]:
        """A new endpoint, and its secret: told now and never again, but once by `shown` if `show_later`.

        Raises UrlNotAllowed, InvalidRequest, TooManyEndpoints, TooManyChanges.
        """
        target_of(wish.url, self._private)
        secret, sealed = self._new_secret()
        now = self._clock.now()
        endpoint = Endpoint(
            self._new_id(),
            user_id,
            wish.url,
            described(wish.description),
            kinds_of(wish.kinds),
            (SealedSecret(sealed),),
            created_at=now,
            enabled_at=now,
            to_show_until=now + TO_SHOW_WITHIN if show_later else None,
        )
        if len(self._endpoints.of(user_id)) >= MOST_PER_PERSON:
            raise TooManyEndpoints(f"You have {MOST_PER_PERSON}.")
        self._notify(Kind.WEBHOOK_ADDED, endpoint)
        if not self._endpoints.add(endpoint, MOST_PER_PERSON):
            raise TooManyEndpoints(f"You have {MOST_PER_PERSON}.")
        return endpoint, secret

    def shown(self, user_id: str, id: str) -> tuple[Endpoint, str] | None:
        """The present secret, if it is yet to be shown; nobody is shown it twice."""
        self.one(user_id, id)
        endpoint = self._endpoints.show_once(user_id, id, self._clock.now())
        return (endpoint, self._show(endpoint.secrets[0].sealed)) if endpoint else None

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
        """Raises UrlNotAllowed, InvalidRequest, TooManyChanges."""
        endpoint = self.one(user_id, id)
        target_of(wish.url, self._private)
        description, kinds = described(wish.description), kinds_of(wish.kinds)
        changed = replace(endpoint, url=wish.url, description=description, kinds=kinds)
        if changed.url != endpoint.url:
            self._notify(Kind.WEBHOOK_MOVED, changed)
            changed = replace(changed, failing=None)
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

    def rotate(self, user_id: str, id: str, *, show_later: bool = False) -> tuple[Endpoint, str]:
        """A new secret, told now and never again, but once by `shown` if `show_later`; the one before it signs too for
        a day. Raises TooManyChanges."""
        secret, sealed = self._new_secret()
        self._notify(Kind.WEBHOOK_SECRET_REPLACED, self.one(user_id, id))
        while True:
            endpoint, now = self.one(user_id, id), self._clock.now()
            secrets = rotated(endpoint.secrets, sealed, now)
            until = now + TO_SHOW_WITHIN if show_later else None
            if self._endpoints.replace_secrets(id, endpoint.secrets, secrets, until):
                return replace(endpoint, secrets=secrets), secret

    def test(self, user_id: str, id: str) -> DeliveryRecord:
        """Order a delivery that says nothing but that it arrives. Raises EndpointDisabled, TooManyTests."""
        endpoint, now = self._enabled(user_id, id), self._clock.now()
        if self._tests_since(user_id, now - TESTS_WITHIN) >= TESTS_AT_ONCE:
            raise TooManyTests(headers={"Retry-After": str(int(TESTS_WITHIN.total_seconds()))})
        notification = Notification(self._new_id(), user_id, Channel.WEBHOOK, Kind.WEBHOOK_TEST, None, now)
        delivery = Delivery(notification, endpoint.id, current_traceparent(), asked=True)
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
        """Once more, with the same id, by which its receiver knows it.

        Raises EndpointDisabled, StillOnItsWay, TooManyResends.
        """
        endpoint, now = self._enabled(user_id, id), self._clock.now()
        record = self._record(endpoint, delivery_id)
        if record.state == DeliveryState.PENDING:
            raise StillOnItsWay
        if not self._endpoints.note_resend(id, now - RESENDS_WITHIN, RESENDS_AT_ONCE, now):
            raise TooManyResends(headers={"Retry-After": str(int(RESENDS_WITHIN.total_seconds()))})
        if not self._deliveries.send_again(record.delivery, now):
            raise StillOnItsWay
        return self._record(endpoint, delivery_id)

    def _notify(self, kind: Kind, endpoint: Endpoint) -> None:
        about = Webhook(endpoint.id, endpoint.host, str(Disabled.BY_OWNER))
        now = self._clock.now()
        if self._changes_since(endpoint.user_id, now - CHANGES_WITHIN) >= CHANGES_AT_ONCE:
            raise TooManyChanges(headers={"Retry-After": str(int(CHANGES_WITHIN.total_seconds()))})
        self._tell(Notification(self._new_id(), endpoint.user_id, Channel.INBOX, kind, None, now, webhook=about))

    def _changes_since(self, user_id: str, moment: datetime) -> int:
        both = [Filter(kinds=_CHANGES, since=moment, archived=archived) for archived in (False, True)]
        return sum(len(self._notifications.page(user_id, None, CHANGES_AT_ONCE, chosen)) for chosen in both)

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
