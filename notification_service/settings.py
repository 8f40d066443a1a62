"""What each process of the service reads from its environment, once, at its start."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from cryptography.fernet import Fernet
from pydantic import AfterValidator, Field, SecretStr

from notification_service.domain import OUTWARD_WITHIN, REMEMBERED_AT_LEAST
from notification_service.domain.patience import Patience
from service_kit.env import CommandSettings, Networks, Settings
from service_kit.fail_points import OFF, Ordered
from service_kit.mail_settings import MailSettings


def _fernet_key(value: SecretStr) -> SecretStr:
    Fernet(value.get_secret_value())  # raises ValueError for anything else than a key
    return value


MongoUrl = Annotated[
    SecretStr, Field(description="mongodb://user:password@host:port/notification?authSource=...&replicaSet=rs0")
]
RedisUrl = Annotated[SecretStr, Field(description="Redis' URL with the user notification_service")]
Brokers = Annotated[str, Field(description="Kafka's brokers: host:port, separated by commas")]

InboxRetentionDays = Annotated[
    int,
    Field(
        ge=8,
        le=36_500,
        description="days after its event that a notification is kept, 8 or more; what happened before is told no more",
    ),
]
"""At least as long as topics keep what a consumer that stood still has to catch up with, and a day."""
RETENTION_DAYS = 180
LOG_DAYS_LEAST = REMEMBERED_AT_LEAST.days
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


class SetUpSettings(StoreSettings):
    """Set-up."""

    inbox_retention_days: InboxRetentionDays = RETENTION_DAYS


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
    grafana_public_url: str = Field("", description="Grafana's URL as browsers see it, for the dashboards of alerts")
    inbox_retention_days: InboxRetentionDays = RETENTION_DAYS
    webhook_secrets_key: WebhookSecretsKey
    webhook_private_targets: WebhookPrivateTargets = ()


class LiveSettings(_ReaderSettings):
    """The live streams."""

    live_streams_max: int = Field(500, ge=1, le=2_000, description="streams at once, 1 to 2000; each holds a thread")
    live_streams_per_person: int = Field(6, ge=1, description="streams at once of one person, 1 or more")


class ConsumerSettings(Settings):
    """Who reads a topic and tells: the consumer of `transactions`, and of `users`."""

    mongo_url: MongoUrl
    redis_url: RedisUrl
    kafka_bootstrap_servers: Brokers
    inbox_retention_days: InboxRetentionDays = RETENTION_DAYS
    fail_points: Ordered = OFF


class DelivererSettings(MailSettings):
    """The deliverer."""

    mongo_url: MongoUrl
    redis_url: RedisUrl
    webhook_secrets_key: WebhookSecretsKey
    webhook_private_targets: WebhookPrivateTargets = ()
    inbox_retention_days: InboxRetentionDays = RETENTION_DAYS
    deliveries_at_once: int = Field(32, ge=1, le=256, description="attempts at once, 1 to 256; each has a thread")
    deliveries_at_once_per_target: int = Field(
        6, ge=1, le=64, description="of them to one webhook endpoint, or to the mail server, 1 to 64"
    )
    delivery_attempts_max: int = Field(16, ge=1, le=100, description="attempts before a delivery is dead, 1 to 100")
    delivery_first_pause_seconds: float = Field(
        5, gt=0, le=3_600, description="the longest pause after a first failure; it doubles with each: up to 3600"
    )
    delivery_longest_pause_seconds: float = Field(
        21_600, gt=0, le=86_400, description="what it doubles up to, in seconds: up to 86400"
    )
    delivery_age_max_hours: float = Field(
        72, gt=0, le=720, description="how old a delivery may get before it is given up, in hours: up to 720"
    )
    delivery_log_days: float = Field(
        30,
        ge=LOG_DAYS_LEAST,
        le=365,
        description=f"how long a delivery is kept when it is over, in days: {LOG_DAYS_LEAST} to 365, since one that is "
        f"forgotten would be sent again with a topic that is read again; {OUTWARD_WITHIN.days} days are sent of it",
    )

    @property
    def patience(self) -> Patience:
        """How long a delivery is tried."""
        return Patience(
            self.delivery_attempts_max,
            timedelta(seconds=self.delivery_first_pause_seconds),
            timedelta(seconds=self.delivery_longest_pause_seconds),
            timedelta(hours=self.delivery_age_max_hours),
        )
