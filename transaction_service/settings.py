"""What each process of the service reads from its environment, once, at its start."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, field_validator

from contracts.money import MAX_MINOR_UNITS, currencies
from service_kit.env import CommandSettings, Settings
from service_kit.fail_points import OFF, Ordered
from transaction_service.protocol import CurveKeys

STEP_UP_FROM = 50_000
_CURVE = "a CURVE key: 32 bytes as 64 hexadecimal digits"


def _curve_key(value: str) -> str:
    if len(bytes.fromhex(value)) != 32:
        raise ValueError(_CURVE)
    return value


def _secret_curve_key(value: SecretStr) -> SecretStr:
    _curve_key(value.get_secret_value())
    return value


PublicKey = Annotated[str, AfterValidator(_curve_key)]
SecretKey = Annotated[SecretStr, AfterValidator(_secret_curve_key)]


MongoUrl = Annotated[
    SecretStr, Field(description="mongodb://user:password@host:port/ledger?authSource=...&replicaSet=rs0")
]
Brokers = Annotated[str, Field(description="Kafka's brokers: host:port, separated by commas")]


class StoreSettings(CommandSettings):
    """A command that only needs the ledger's database."""

    mongo_url: MongoUrl


class DoorSettings(CommandSettings):
    """What hands commands to the writer."""

    ledger_endpoints: str = Field(
        ..., description="where writers may listen: tcp://host:port, separated by commas", pattern=r"^tcp://"
    )
    ledger_server_public_key: PublicKey = Field(..., description=f"the writer's public key, {_CURVE}")
    ledger_client_public_key: PublicKey = Field(..., description=f"the fronts' public key, {_CURVE}")
    ledger_client_secret_key: SecretKey = Field(..., description=f"the fronts' secret key, {_CURVE}")

    @property
    def endpoints(self) -> list[str]:
        """The writers' addresses."""
        return [endpoint.strip() for endpoint in self.ledger_endpoints.split(",")]

    @property
    def curve(self) -> CurveKeys:
        """The keys as a front uses them."""
        return CurveKeys(
            public=self.ledger_client_public_key,
            secret=self.ledger_client_secret_key.get_secret_value(),
            peer_public=self.ledger_server_public_key,
        )


class FrontSettings(DoorSettings, Settings):
    """A process that hands commands to the writer."""


class LimitSettings(DoorSettings):
    """The command that sets limits."""

    mongo_url: MongoUrl


class GrantSettings(Settings):
    """The sign-up grant."""

    sign_up_grant_minor_units: int = Field(
        100_000, ge=0, le=MAX_MINOR_UNITS, description="the sign-up grant in minor units, 0 for none"
    )
    sign_up_grant_currency: str = Field("EUR", description="the grant's currency, a code of ISO 4217")

    @field_validator("sign_up_grant_currency")
    @classmethod
    def _is_a_currency(cls, value: str) -> str:
        if value not in currencies():
            raise ValueError("not a currency")
        return value


class WebSettings(FrontSettings):
    """The web process."""

    mongo_url: MongoUrl
    redis_url: SecretStr = Field(..., description="Redis' URL with the user transaction_service")
    secret_key: SecretStr = Field(..., min_length=32, description="32 random characters or more; signs the CSRF cookie")
    client_id: str = Field("transaction_service", description="this service's client id at auth")
    client_secret: SecretStr = Field(..., description="this service's client secret at auth")
    step_up_minor_units: int = Field(
        STEP_UP_FROM,
        ge=1,
        le=MAX_MINOR_UNITS,
        description="from which amount on a payment needs a recent proof of the second factor, in minor units",
    )


class LedgerSettings(GrantSettings):
    """The writer and its standby."""

    mongo_url: MongoUrl
    ledger_bind: str = Field(..., description="where this writer listens: tcp://host:port", pattern=r"^tcp://")
    ledger_server_public_key: PublicKey = Field(..., description=f"the writer's public key, {_CURVE}")
    ledger_server_secret_key: SecretKey = Field(..., description=f"the writer's secret key, {_CURVE}")
    ledger_client_public_key: PublicKey = Field(..., description=f"the fronts' public key, {_CURVE}")
    fail_points: Ordered = OFF

    @property
    def curve(self) -> CurveKeys:
        """The keys as the writer uses them."""
        return CurveKeys(
            public=self.ledger_server_public_key,
            secret=self.ledger_server_secret_key.get_secret_value(),
            peer_public=self.ledger_client_public_key,
        )


class RelaySettings(Settings):
    """The relay."""

    mongo_url: MongoUrl
    kafka_bootstrap_servers: Brokers
    fail_points: Ordered = OFF


class RepublishSettings(StoreSettings):
    """The command that publishes a range again."""

    kafka_bootstrap_servers: Brokers


class WorkerSettings(FrontSettings, GrantSettings):
    """The worker."""

    mongo_url: MongoUrl
    kafka_bootstrap_servers: Brokers
    fail_points: Ordered = OFF
