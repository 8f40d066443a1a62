"""The carrier of the channel `webhook`: one attempt, and what its answer means (docs/decisions/0036)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID, uuid5

from contracts.notices import Kind
from notification_service.domain import Channel, Delivery, Notification, Webhook
from notification_service.domain.address import Network
from notification_service.domain.endpoint import Disabled, Endpoint
from notification_service.domain.target import UrlNotAllowed, target_of
from notification_service.metrics import WebhookMetrics
from notification_service.ports import Delayed, Endpoints, NotDelivered, People, Refused, TargetAway, Unwanted
from notification_service.webhooks.message import body_of, message_id
from notification_service.webhooks.posting import Answer, Forbidden, NoAnswer, WebhookClient
from notification_service.webhooks.signing import SecretBox, signatures
from service_kit.clock import Clock

GONE = 410
ABOUT_THIS_ONE = {400, 409, 413, 422}
"""Statuses that say something of the message: another of the same receiver may well be taken."""
USER_AGENT = "FintechApp-Webhooks/1"
_DISABLED = UUID("0b8cb9b0-5b6c-5d9b-9a8e-6e0d5b1f2c77")
"""Namespace of the notices that an endpoint was disabled."""


class WebhookCarrier:
    """`notification_service.ports.Carrier`; several threads share it.

    Args:
        private: networks that webhooks may go to although they are private.
        tell: lets an owner know that an endpoint was disabled; harmless when it is repeated.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        people: People,
        client: WebhookClient,
        box: SecretBox,
        private: Sequence[Network],
        tell: Callable[[Notification], None],
        metrics: WebhookMetrics,
        clock: Clock,
    ) -> None:
        self._endpoints = endpoints
        self._people = people
        self._client = client
        self._box = box
        self._private = private
        self._tell = tell
        self._metrics = metrics
        self._clock = clock

    def deliver(self, delivery: Delivery) -> int:
        """See the port. Raises also what `tell` does."""
        endpoint = self._endpoints.find(delivery.target)
        if endpoint is None:
            raise Unwanted("webhook_deleted")
        if endpoint.disabled:
            raise Unwanted("webhook_disabled")
        try:
            answer = self._post(endpoint, delivery)
            judge(answer)
        except NotDelivered as failure:
            self._failed(endpoint, failure)
            raise
        if endpoint.failing:
            self._endpoints.answered(endpoint.id)
        return answer.status

    def _post(self, endpoint: Endpoint, delivery: Delivery) -> Answer:
        body = body_of(delivery, self._counterparty(delivery.notification))
        now, id = self._clock.now(), message_id(delivery.id)
        timestamp = int(now.timestamp())
        secrets = [self._box.open(sealed) for sealed in endpoint.signing(now)]
        headers = {
            "content-type": "application/json",
            "user-agent": USER_AGENT,
            "webhook-id": id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signatures(id, timestamp, body, secrets),
        }
        try:
            return self._client.post(target_of(endpoint.url, self._private), headers, body)
        except UrlNotAllowed:
            # It was allowed when it was given; the setting has changed since.
            raise Refused("url_not_allowed") from None
        except Forbidden as forbidden:
            raise Refused(forbidden.cause) from None
        except NoAnswer as failure:
            raise TargetAway(failure.cause) from failure

    def _counterparty(self, told: Notification) -> str | None:
        user_id = told.transfer and told.transfer.counterparty
        return self._people.names([user_id]).get(user_id) if user_id else None

    def _failed(self, endpoint: Endpoint, failure: NotDelivered) -> None:
        """Count it; disable what is gone or hopeless. The owner is told first: who dies in between does it again.

        Where it leads elsewhere by now, what the old receiver said is nothing against the new one.
        """
        now = self._clock.now()
        failing = self._endpoints.failed(endpoint.id, endpoint.url, now)
        if failing is None:
            return
        if failure.status == GONE:
            why = Disabled.GONE
        elif failing.is_hopeless(now):
            why = Disabled.FAILING
        else:
            return
        self._tell(disabled_notice(endpoint, why, self._clock))
        if self._endpoints.disable(endpoint.id, why, now, endpoint.url):
            self._metrics.disabled(why)


def judge(answer: Answer) -> None:
    """Return where the receiver has taken it.

    Raises:
        Unwanted: it is gone (410).
        Delayed: it did not like this message; it may be mended before the next attempt.
        TargetAway: all else, redirects too, since the whole receiver is not where or what it should be.
    """
    status = answer.status
    if 200 <= status < 300:
        return
    if status == GONE:
        raise Unwanted("gone", status)
    if status in ABOUT_THIS_ONE:
        raise Delayed(f"status_{status}", status, answer.retry_after)
    cause = "redirected" if 300 <= status < 400 else f"status_{status}"
    raise TargetAway(cause, status, answer.retry_after)


def disabled_notice(endpoint: Endpoint, why: Disabled, clock: Clock) -> Notification:
    """Told once for each time that the endpoint was enabled."""
    id = uuid5(_DISABLED, f"{endpoint.id}/{endpoint.enabled_at.isoformat()}")
    about = Webhook(endpoint.id, endpoint.name, str(why))
    return Notification(
        str(id), endpoint.user_id, Channel.INBOX, Kind.WEBHOOK_DISABLED, None, clock.now(), webhook=about
    )
