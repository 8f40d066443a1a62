"""What auth's processes and commands read from the environment, each only what it needs."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from cryptography.fernet import Fernet
from pydantic import AfterValidator, Field, Json, SecretStr

from auth_service.domain import CLIENT_SCOPES, Limits
from service_kit.env import CommandSettings, Networks, Settings
from service_kit.mail_settings import MailSettings

MIN_SECRET_CHARACTERS = 32


def _fernet_key(value: SecretStr) -> SecretStr:
    Fernet(value.get_secret_value())  # raises ValueError for anything else than a key
    return value


def _client_secrets(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or any(
        not isinstance(secret, str) or len(secret) < MIN_SECRET_CHARACTERS for secret in value.values()
    ):
        raise ValueError("each secret must be a string of 32 characters or more")
    if not value.keys() <= CLIENT_SCOPES.keys():
        raise ValueError("a client that nothing is known of would have no scope and no purpose")
    return {str(client): secret for client, secret in value.items()}


MongoUrl = Annotated[
    SecretStr, Field(description="mongodb://user:password@host:port/auth?authSource=...&replicaSet=rs0")
]
RedisUrl = Annotated[SecretStr, Field(description="redis://auth_service:password@host:port/0")]
KeySecret = Annotated[
    SecretStr,
    AfterValidator(_fernet_key),
    Field(description="a Fernet key (32 bytes, urlsafe base64), which encrypts the signing keys at rest"),
]


class WebSettings(Settings):
    """`auth_service.app`."""

    mongo_url: MongoUrl
    redis_url: RedisUrl
    signing_key_secret: KeySecret
    secret_key: SecretStr = Field(
        min_length=MIN_SECRET_CHARACTERS,
        description="32 characters or more, which sign the forms' cookie and the devices' notes",
    )
    api_session_hours: float = Field(
        24,
        gt=0,
        le=720,
        description="how long an API log-in may last by refreshing, in hours: more than 0, at most 720",
    )
    api_idle_minutes: float = Field(
        120, ge=10, le=43_200, description="how long it lasts without a refresh, in minutes: 10 to 43200"
    )
    shared_networks: Networks = Field(
        (),
        description="addresses and networks behind which many people sit, separated by commas, or nothing: no limit "
        "counts what is tried from there, only what is tried of an account",
    )
    transaction_url: str = Field(
        description="the payments service's URL from server to server, without a slash at the end"
    )
    demo_username: str = Field("", description="a user name to show on the pages, in development only")
    demo_password: SecretStr = Field(SecretStr(""), description="its password")
    prometheus_public_url: str = Field("", description="Prometheus' URL as browsers see it, for the landing page")
    zipkin_public_url: str = Field("", description="Zipkin's URL as browsers see it, for the landing page")

    @property
    def api_limits(self) -> Limits:
        """How long an API session lasts, at most and unused."""
        return Limits(timedelta(hours=self.api_session_hours), timedelta(minutes=self.api_idle_minutes))

    @property
    def demo_log_in(self) -> tuple[str, str] | None:
        """The user name and password that the pages may show; None outside development."""
        password = self.demo_password.get_secret_value()
        if self.is_development and self.demo_username and password:
            return self.demo_username, password
        return None


class RelaySettings(Settings):
    """`auth_service.relay`."""

    mongo_url: MongoUrl
    redis_url: RedisUrl
    signing_key_secret: KeySecret
    key_rotation_days: float = Field(
        30, ge=0.02, le=365, description="how long a key signs before the next one takes over, in days: 0.02 to 365"
    )
    kafka_bootstrap_servers: str = Field(description="host:port[,host:port...] of Kafka")


class MailerSettings(MailSettings):
    """`auth_service.mailer`."""

    mongo_url: MongoUrl


class SetUpSettings(CommandSettings):
    """`auth_service.set_up`."""

    mongo_url: MongoUrl
    signing_key_secret: KeySecret
    service_client_secrets: Annotated[Json[Any], AfterValidator(_client_secrets)] = Field(
        description=f'JSON {{"client_id": "secret of 32 characters or more"}} for {", ".join(CLIENT_SCOPES)}'
    )


class RotateKeysSettings(CommandSettings):
    """`auth_service.rotate_keys`."""

    mongo_url: MongoUrl
    signing_key_secret: KeySecret


class CreateAdminSettings(CommandSettings):
    """`auth_service.create_admin`."""

    mongo_url: MongoUrl


class VerifyAuditSettings(CommandSettings):
    """`auth_service.verify_audit`."""

    mongo_url: MongoUrl
