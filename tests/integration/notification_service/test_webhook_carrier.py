"""One attempt at a real receiver: what it gets, what its answer means, and when an endpoint is given up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from ipaddress import ip_network

import orjson
import pytest
from cryptography.fernet import Fernet
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from standardwebhooks import Webhook

from contracts.notices import Kind
from notification_service.domain import Channel, Delivery, Notification, notifications_of
from notification_service.domain.endpoint import (
    GIVE_UP_AFTER,
    GIVE_UP_ATTEMPTS,
    Disabled,
    Endpoint,
    SealedSecret,
    rotated,
)
from notification_service.metrics import WebhookMetrics
from notification_service.ports import Delayed, NotDelivered, Person, Refused, TargetAway, Unwanted
from notification_service.webhooks.carrier import USER_AGENT, WebhookCarrier
from notification_service.webhooks.message import message_id
from notification_service.webhooks.posting import WebhookClient
from notification_service.webhooks.signing import SecretBox
from service_kit.clock import SystemClock
from tests.receivers import misbehaving, receiving, silent
from tests.unit.notification_service.events import ANN, BOB, an_id, posted
from tests.unit.notification_service.memory import MemoryPeople
from tests.unit.notification_service.memory_endpoints import MemoryEndpoints

LOOPBACK = (ip_network("127.0.0.0/8"),)
BOX = SecretBox(SecretStr(Fernet.generate_key().decode()))
START = SystemClock().now()


class Today:
    """The real time, for receivers look at it, moved as a test wants it."""

    def __init__(self) -> None:
        self.moved = timedelta()

    def now(self):
        return SystemClock().now() + self.moved

    def monotonic(self):
        return SystemClock().monotonic()

    def sleep(self, seconds):
        SystemClock().sleep(seconds)


@dataclass
class Post:
    """A carrier with one endpoint of Bob's."""

    url: str
    private: tuple = LOOPBACK
    endpoints: MemoryEndpoints = field(default_factory=MemoryEndpoints)
    people: MemoryPeople = field(default_factory=MemoryPeople)
    clock: Today = field(default_factory=Today)
    told: list[Notification] = field(default_factory=list)
    secret: str = ""
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self):
        self.secret, sealed = BOX.new()
        self.endpoints.add(Endpoint(an_id(1), BOB, self.url, "", None, (SealedSecret(sealed),), START, START), 10)
        self.people.keep([Person(ANN, "ann", ("user",), START)])
        client = WebhookClient(self.private, self.clock, total_seconds=3)
        self.carrier = WebhookCarrier(
            self.endpoints,
            self.people,
            client,
            BOX,
            self.private,
            self.told.append,
            WebhookMetrics(self.registry),
            self.clock,
        )

    def deliver(self, position=7):
        return self.carrier.deliver(delivery(position))

    @property
    def endpoint(self):
        return self.endpoints.find(an_id(1))


def delivery(position=7):
    (notification,) = [each for each in notifications_of(posted(position)) if each.user_id == BOB]
    return Delivery(notification, an_id(1))


def test_a_receiver_gets_what_the_package_verifies():
    with receiving() as receiver:
        post = Post(receiver.url)
        assert post.deliver() == 204
    (only,) = receiver.received
    message = Webhook(post.secret).verify(only.body, dict(only.headers))
    assert (message["type"], message["data"]["transfer"]["counterparty"]) == ("transfer.received", "ann")
    assert only.headers["content-type"] == "application/json"
    assert only.headers["user-agent"] == USER_AGENT
    assert only.headers["webhook-id"] == message_id(delivery().id)


def test_a_retry_has_the_same_id_and_body_and_a_new_timestamp():
    with receiving() as receiver:
        post = Post(receiver.url)
        receiver.answers = [(500, {}), (200, {})]
        with pytest.raises(TargetAway):
            post.deliver()
        post.clock.moved = timedelta(seconds=90)
        assert post.deliver() == 200
    first, second = receiver.received
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) in (90, 91)
    assert Webhook(post.secret).verify(second.body, dict(second.headers))


def test_while_a_secret_is_being_replaced_either_verifies():
    with receiving() as receiver:
        post = Post(receiver.url)
        new, sealed = BOX.new()
        before = post.endpoint.secrets
        post.endpoints.replace_secrets(an_id(1), before, rotated(before, sealed, post.clock.now()))
        post.deliver()
    (only,) = receiver.received
    assert len(only.headers["webhook-signature"].split(" ")) == 2
    for secret in (post.secret, new):
        assert Webhook(secret).verify(only.body, dict(only.headers))


@pytest.mark.parametrize(
    ("answer", "failure", "cause", "retry_after"),
    [
        ((500, {}), TargetAway, "status_500", None),
        ((502, {}), TargetAway, "status_502", None),
        ((503, {"Retry-After": "60"}), TargetAway, "status_503", 60),
        ((429, {"Retry-After": "7"}), TargetAway, "status_429", 7),
        ((301, {"Location": "https://example.com/"}), TargetAway, "redirected", None),
        ((307, {"Location": "/hook"}), TargetAway, "redirected", None),
        ((304, {}), TargetAway, "redirected", None),
        ((401, {}), TargetAway, "status_401", None),
        ((404, {}), TargetAway, "status_404", None),
        ((400, {}), Delayed, "status_400", None),
        ((422, {}), Delayed, "status_422", None),
    ],
)
def test_what_an_answer_means(answer, failure, cause, retry_after):
    with receiving() as receiver:
        receiver.answers = [answer]
        post = Post(receiver.url)
        with pytest.raises(failure) as raised:
            post.deliver()
    assert len(receiver.received) == 1
    assert (raised.value.cause, raised.value.status, raised.value.retry_after) == (cause, answer[0], retry_after)
    assert (post.endpoint.disabled, post.endpoint.failing.attempts, post.told) == (None, 1, [])


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_a_yes(status):
    with receiving() as receiver:
        receiver.answers = [(status, {})]
        assert Post(receiver.url).deliver() == status


def test_no_answer_counts_against_the_receiver():
    with misbehaving(silent) as url, pytest.raises(TargetAway, match="timeout"):
        Post(url).deliver()


def test_what_may_not_be_reached_is_refused_for_good():
    with receiving() as receiver, pytest.raises(Refused, match="url_not_allowed"):
        Post(receiver.url, private=()).deliver()
    with receiving() as receiver, pytest.raises(Refused, match="address_not_allowed"):
        Post(receiver.url.replace("127.0.0.1", "localhost"), private=(ip_network("10.0.0.0/8"),)).deliver()
    assert receiver.received == []


def test_what_the_old_receiver_says_is_nothing_against_the_one_after_it():
    with receiving() as receiver:
        post = Post(receiver.url)
        receiver.answers = [(410, {})]
        moved = replace(post.endpoint, url="https://example.com/new")

        def moving(_ids):
            """The carrier asks for names between finding the endpoint and posting to it."""
            post.endpoints.change(moved)
            return {}

        post.people.names = moving
        with pytest.raises(Unwanted):
            post.deliver()
    assert (post.endpoint.disabled, post.endpoint.failing, post.told) == (None, None, [])


def test_who_answers_410_is_disabled_and_the_owner_is_told():
    with receiving() as receiver:
        receiver.answers = [(410, {})]
        post = Post(receiver.url)
        with pytest.raises(Unwanted, match="gone"):
            post.deliver()
        with pytest.raises(Unwanted, match="webhook_disabled"):
            post.deliver(8)
    assert len(receiver.received) == 1
    assert post.endpoint.disabled == Disabled.GONE
    assert post.registry.get_sample_value("notification_webhooks_disabled_total", {"cause": "gone"}) == 1
    (told,) = post.told
    assert (told.user_id, told.kind, told.channel) == (BOB, Kind.WEBHOOK_DISABLED, Channel.INBOX)
    assert (told.webhook.cause, told.webhook.name) == ("gone", receiver.url.split("/")[2])


def test_when_every_attempt_of_days_has_failed_it_is_disabled_and_the_owner_is_told():
    with receiving() as receiver:
        receiver.answers = [(500, {})]
        post = Post(receiver.url)
        for number in range(GIVE_UP_ATTEMPTS):
            post.clock.moved = number * GIVE_UP_AFTER / GIVE_UP_ATTEMPTS
            with pytest.raises(TargetAway):
                post.deliver()
        assert (post.endpoint.disabled, post.told) == (None, [])
        post.clock.moved = GIVE_UP_AFTER
        with pytest.raises(TargetAway):
            post.deliver()
    assert post.endpoint.disabled == Disabled.FAILING
    assert [told.webhook.cause for told in post.told] == ["failing"]


def test_one_success_forgets_what_failed_before():
    with receiving() as receiver:
        receiver.answers = [(500, {}), (200, {}), (500, {})]
        post = Post(receiver.url)
        with pytest.raises(TargetAway):
            post.deliver()
        post.clock.moved = 2 * GIVE_UP_AFTER
        post.deliver()
        assert post.endpoint.failing is None
        with pytest.raises(TargetAway):
            post.deliver()
    assert post.endpoint.failing.attempts == 1


def test_the_owner_is_told_before_it_is_disabled_with_the_same_id_if_that_is_repeated():
    """Whoever dies between the two tells again, and the inbox knows a repetition."""
    with receiving() as receiver:
        receiver.answers = [(410, {})]
        post = Post(receiver.url)
        post.endpoints.disable = lambda *_: (_ for _ in ()).throw(RuntimeError("killed"))
        for _ in range(2):
            with pytest.raises(RuntimeError):
                post.deliver()
        assert len({told.id for told in post.told}) == 1
        del post.endpoints.disable
        post.endpoints.enable(an_id(1), post.clock.now())
        with pytest.raises(NotDelivered):
            post.deliver()
    assert len({told.id for told in post.told}) == 2


def test_a_deleted_endpoint_wants_nothing():
    post = Post("http://127.0.0.1:9/")
    post.endpoints.remove(BOB, an_id(1))
    with pytest.raises(Unwanted, match="webhook_deleted"):
        post.deliver()


def test_a_name_that_is_not_known_yet_is_no_name():
    with receiving() as receiver:
        post = Post(receiver.url)
        post.people.people.clear()
        post.deliver()
    assert orjson.loads(receiver.received[0].body)["data"]["transfer"]["counterparty"] is None
