"""The rules of webhook endpoints."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contracts.notices import WEBHOOK_KINDS, Kind
from notification_service.domain import SUBJECTS, Channel, Preferences, Subject
from notification_service.domain.endpoint import (
    GIVE_UP_AFTER,
    GIVE_UP_ATTEMPTS,
    KINDS,
    OVERLAP,
    SECRETS_MAX,
    Endpoint,
    Failing,
    SealedSecret,
    Subscription,
    described,
    kinds_of,
    rotated,
)
from service_kit.errors import InvalidRequest
from tests.unit.notification_service.events import ANN, NOW


def endpoint(*secrets):
    return Endpoint("e-1", ANN, "https://example.com/", "", None, secrets, NOW, NOW)


def test_a_secret_that_was_replaced_signs_for_a_day_more():
    only = endpoint(*rotated([SealedSecret(b"old")], b"new", NOW))
    assert only.signing(NOW) == [b"new", b"old"]
    assert only.signing(NOW + OVERLAP - timedelta(seconds=1)) == [b"new", b"old"]
    assert only.signing(NOW + OVERLAP) == [b"new"]
    assert (only.previous_until(NOW), only.previous_until(NOW + OVERLAP)) == (NOW + OVERLAP, None)


def test_replacing_again_within_the_day_leaves_the_first_ones_end_as_it_was_and_no_more_than_a_few():
    secrets = (SealedSecret(b"0"),)
    for number in range(1, 6):
        secrets = rotated(secrets, b"%d" % number, NOW + timedelta(hours=number))
    assert [secret.sealed for secret in secrets] == [b"5", b"4", b"3"]
    assert len(secrets) == SECRETS_MAX
    assert secrets[2].ends_at == NOW + timedelta(hours=4) + OVERLAP


def test_what_has_ended_is_dropped_when_a_secret_is_replaced():
    secrets = rotated(rotated([SealedSecret(b"a")], b"b", NOW), b"c", NOW + OVERLAP)
    assert [secret.sealed for secret in secrets] == [b"c", b"b"]


@pytest.mark.parametrize(
    ("failing", "hopeless"),
    [
        (Failing(NOW - GIVE_UP_AFTER, GIVE_UP_ATTEMPTS), True),
        (Failing(NOW - GIVE_UP_AFTER + timedelta(seconds=1), 1000), False),
        (Failing(NOW - 10 * GIVE_UP_AFTER, GIVE_UP_ATTEMPTS - 1), False),
    ],
)
def test_an_endpoint_is_given_up_when_many_attempts_failed_for_days(failing, hopeless):
    assert failing.is_hopeless(NOW) is hopeless


def test_an_endpoint_wants_all_kinds_or_those_that_were_asked_for():
    assert Subscription("e", None).wants(Kind.SENT)
    assert Subscription("e", None).wants(Kind.PASSWORD_CHANGED)
    assert Subscription("e", frozenset({"transfer.sent"})).wants(Kind.SENT)
    assert not Subscription("e", frozenset({"transfer.sent"})).wants(Kind.RECEIVED)


@pytest.mark.parametrize("kind", [Kind.ALERT, Kind.WEBHOOK_TEST, Kind.WEBHOOK_DISABLED])
def test_nobody_subscribes_to_alerts_or_to_what_is_about_webhooks(kind):
    assert not Subscription("e", None).wants(kind)
    with pytest.raises(InvalidRequest):
        kinds_of([kind])


@pytest.mark.parametrize("kind", sorted(WEBHOOK_KINDS))
def test_what_is_done_about_a_webhook_is_told_whatever_was_switched_off(kind):
    nothing = Preferences({(subject, channel): False for subject in Subject for channel in Channel})
    assert nothing.wants(SUBJECTS[kind], Channel.INBOX)
    assert nothing.wants(SUBJECTS[kind], Channel.EMAIL)


def test_a_description_shows_as_what_it_is():
    for text in ("", "Bücher, 2026 👩‍💻", "دفتر", "a'b\"<c>"):
        assert described(text) == text
    for letter in "\0\n\t\x7f\x85\u2028\u202e\u2066\u200f\ud800":
        with pytest.raises(InvalidRequest):
            described(f"books{letter}")


def test_kinds_are_named_or_refused():
    assert kinds_of(None) is None
    assert kinds_of(["transfer.sent", "transfer.sent"]) == {"transfer.sent"}
    assert kinds_of(list(KINDS)) == set(KINDS)
    with pytest.raises(InvalidRequest):
        kinds_of([])
    with pytest.raises(InvalidRequest) as refused:
        kinds_of(["transfer.sent", "nonsense"])
    assert refused.value.extensions["errors"][0]["pointer"] == "#/kinds/1"
