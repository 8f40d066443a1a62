"""What the service's own user in Redis may do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from redis.exceptions import NoPermissionError

from contracts.session import REVOCATIONS_CHANNEL
from notification_service.hints import CHANNEL
from service_kit import redis_store


def test_it_says_what_is_new_and_hears_who_is_logged_out_but_cannot_say_that_itself(
    redis_url: Callable[[str], str],
) -> None:
    redis = redis_store.connect(redis_url("notification_service"), "notification-tests")

    redis.publish(CHANNEL, b"")
    with redis.pubsub() as heard:
        heard.subscribe(REVOCATIONS_CHANNEL, CHANNEL)
        assert [heard.get_message(timeout=2)["type"] for _ in range(2)] == ["subscribe"] * 2
    with pytest.raises(NoPermissionError):
        redis.publish(REVOCATIONS_CHANNEL, b"{}")
    redis.close()
