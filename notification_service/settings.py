"""What each process of the service reads from its environment, once, at its start."""

from __future__ import annotations

from typing import Annotated

from cryptography.fernet import Fernet
from pydantic import AfterValidator, Field, SecretStr

from service_kit.env import CommandSettings, Networks, Settings


def _fernet_key(value: SecretStr) -> SecretStr:
    Fernet(value.get_secret_value())  # raises ValueError for anything else than a key
    return value


MongoUrl = Annotated[
    SecretStr, Field(description="mongodb://user:password@host:port/notification?authSource=...&replicaSet=rs0")
]
RedisUrl = Annotated[SecretStr, Field(description="Redis' URL with the user notification_service")]
Brokers = Annotated[str, Field(description="Kafka's brokers: host:port, separated by commas")]

WebhookSecretsKey = Annotated[
    SecretStr,
    AfterValidator(_fernet_key),
    Field(description="a Fernet key (32 bytes, urlsafe base64), which encrypts the webhooks' secrets at rest"),
]
WebhookPrivateTargets = Annotated[
    Networks,
    Field(
        description="private addresses and networks that webhooks may be sent to, separated by commas, or nothing; "
        "plain HTTP goes to these only"
    ),
]


class StoreSettings(CommandSettings):
    """A command that only needs the database."""

    mongo_url: MongoUrl


class _ReaderSettings(Settings):
    """A process that people read from, so that it has to know who they are."""

    mongo_url: MongoUrl
    redis_url: RedisUrl
    client_id: str = Field("notification_service", description="this service's client id at auth")
    client_secret: SecretStr = Field(..., description="this service's client secret at auth")


class WebSettings(_ReaderSettings):
    """The web process."""

    secret_key: SecretStr = Field(..., min_length=32, description="32 random characters or more; signs the CSRF cookie")
    alert_webhook_token: SecretStr = Field(
        ..., min_length=16, description="what Alertmanager shows as bearer token, 16 characters or more"
    )
    prometheus_public_url: str = Field("", description="Prometheus' URL as browsers see it, for links in alerts")
    webhook_secrets_key: WebhookSecretsKey
    webhook_private_targets: WebhookPrivateTargets = ()


class LiveSettings(_ReaderSettings):
    """The live streams."""

    live_streams_max: int = Field(250, ge=1, le=2_000, description="streams at once, 1 to 2000; each holds a thread")
    live_streams_per_person: int = Field(6, ge=1, description="streams at once of one person, 1 or more")


class ConsumerSettings(Settings):
    """Who reads a topic and tells: the consumer of `transactions`, and of `users`."""

    mongo_url: MongoUrl
    redis_url: RedisUrl
    kafka_bootstrap_servers: Brokers
