"""Redis as the platform uses it: a cache and a channel. It may be away at any time, and that must cost little."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis
from redis.backoff import NoBackoff
from redis.client import PubSub
from redis.retry import Retry

SOCKET_SECONDS = 0.5


def connect(url: str, client_name: str) -> Redis:
    """A client that connects at first use and raises `redis.exceptions.RedisError` within half a second."""
    return Redis.from_url(
        url,
        client_name=client_name,
        socket_timeout=SOCKET_SECONDS,
        socket_connect_timeout=SOCKET_SECONDS,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )


class ChannelMessages:
    """An open subscription, as `service_kit.revocations` reads it."""

    def __init__(self, pubsub: PubSub) -> None:
        self._pubsub = pubsub

    def next(self, timeout: float) -> bytes | None:
        """The next message, None after `timeout` seconds; raises RedisError when the connection breaks."""
        message = self._pubsub.get_message(ignore_subscribe_messages=True, timeout=timeout)
        data = message["data"] if message is not None else None
        return data if isinstance(data, bytes) else None


@contextmanager
def subscription(client: Redis, channel: str) -> Iterator[ChannelMessages]:
    """Subscribe to `channel` until the block is left."""
    pubsub = client.pubsub()
    try:
        pubsub.subscribe(channel)
        yield ChannelMessages(pubsub)
    finally:
        pubsub.close()
