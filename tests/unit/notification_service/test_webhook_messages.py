"""What a webhook says, and that who knows its secret can verify it."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from standardwebhooks import Webhook, WebhookVerificationError

from contracts.notices import Kind
from notification_service.domain import Channel, Delivery, Noticed, Notification, Session, notifications_of
from notification_service.webhooks.message import body_of, message_id
from notification_service.webhooks.signing import PREFIX, SecretBox, WrongSecretsKey, signatures
from tests.unit.notification_service.events import ANN, BOB, NOW, SHOWN, an_id, posted, rejected

BOX = SecretBox(SecretStr(Fernet.generate_key().decode()))


def told(event, user_id=BOB):
    (notification,) = [each for each in notifications_of(event) if each.user_id == user_id]
    return Delivery(notification, "e-1")


def said(delivery, counterparty=None):
    return orjson.loads(body_of(delivery, counterparty))


def test_a_payment_as_its_payee_is_told():
    assert said(told(posted(7)), "ann") == {
        "type": "transfer.received",
        "timestamp": "2026-01-02T03:04:05.000Z",
        "data": {
            "event_id": an_id(7),
            "position": 7,
            "transfer": {
                "id": an_id(7),
                "type": "payment",
                "amount": 1250,
                "currency": "EUR",
                "direction": "in",
                "counterparty": "ann",
                "reason": None,
                "due_at": None,
            },
        },
    }


def test_why_a_payment_was_not_made_is_told_to_its_payer():
    transfer = said(told(rejected(7), ANN))["data"]["transfer"]
    assert (transfer["reason"], transfer["direction"]) == ("insufficient_funds", "out")


def test_an_account_a_session_a_rule_and_a_test_say_what_they_are_about():
    event = SHOWN["account.closed"]
    account = said(told(event, event["account"]["user_id"]))["data"]["account"]
    assert account == {"id": event["account"]["id"], "currency": "EUR", "purpose": "holiday"}
    signed_in = Notification(
        an_id(1), ANN, Channel.WEBHOOK, Kind.NEW_DEVICE, None, NOW, session=Session("s", "Firefox", "browser")
    )
    assert said(Delivery(signed_in, "e-1"))["data"]["session"] == {"id": "s", "device": "Firefox", "door": "browser"}
    noticed = replace(told(posted(7), ANN).notification, kind=Kind.LARGE_TRANSFER, noticed=Noticed(limit=50_000))
    assert said(Delivery(noticed, "e-1"))["data"]["noticed"]["limit"] == 50_000
    test = Delivery(Notification(an_id(1), ANN, Channel.WEBHOOK, Kind.WEBHOOK_TEST, None, NOW), "e-1")
    assert said(test) == {
        "type": "webhook.test",
        "timestamp": "2026-01-02T03:04:05.000Z",
        "data": {"event_id": an_id(1), "position": None, "webhook_id": "e-1"},
    }


def test_nobody_is_named_by_a_number_of_ours():
    for event in SHOWN.values():
        for notification in notifications_of(event):
            text = body_of(Delivery(notification, "e-1"), "ann").decode()
            assert notification.user_id not in text
            if notification.transfer and notification.transfer.counterparty:
                assert notification.transfer.counterparty not in text


def test_a_messages_id_is_the_same_at_every_attempt_and_another_for_every_endpoint():
    delivery = told(posted(7))
    ids = {message_id(delivery.id), message_id(told(posted(7)).id), message_id(f"{delivery.id}2")}
    assert len(ids) == 2
    assert all(re.fullmatch(r"msg_[0-9a-f]{32}", id) for id in ids)


@given(st.binary(max_size=300).map(base64.b64encode), st.integers(1, 3))
def test_what_we_sign_the_package_verifies_with_each_secret(content, count):
    body = orjson.dumps({"content": content.decode()})
    made = [BOX.new() for _ in range(count)]
    timestamp = int(datetime.now(UTC).timestamp())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signatures("msg_1", timestamp, body, [BOX.open(sealed) for _, sealed in made]),
    }
    for secret, _ in made:
        assert Webhook(secret).verify(body, headers) == orjson.loads(body)
    for changed in ({"webhook-id": "msg_2"}, {"webhook-timestamp": str(timestamp + 1)}):
        with pytest.raises(WebhookVerificationError):
            Webhook(made[0][0]).verify(body, headers | changed)
    with pytest.raises(WebhookVerificationError):
        Webhook(made[0][0]).verify(body + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(BOX.new()[0]).verify(body, headers)


def test_the_signature_of_the_specifications_own_example():
    """By the reference implementation's test vector (libraries/ of the specification's repository)."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    assert signatures("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, [secret]) == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_a_secret_is_as_the_specification_wants_it_and_no_two_are_equal():
    secrets = [BOX.new()[0] for _ in range(10)]
    assert len(set(secrets)) == 10
    for secret in secrets:
        assert secret.startswith(PREFIX)
        assert 24 <= len(base64.b64decode(secret.removeprefix(PREFIX))) <= 64


def test_another_key_opens_nothing_and_says_so():
    _, sealed = BOX.new()
    with pytest.raises(WrongSecretsKey):
        SecretBox(SecretStr(Fernet.generate_key().decode())).open(sealed)
