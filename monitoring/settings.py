"""What each process of the package reads from its environment, once, at its start."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from service_kit.env import CommandSettings, HttpUrl, Settings

MongoUrl = Annotated[
    SecretStr, Field(description="mongodb://user:password@host:port/monitoring?authSource=...&replicaSet=rs0")
]


class StoreSettings(CommandSettings):
    """A command that only needs monitoring's own database."""

    mongo_url: MongoUrl


class WatchSettings(Settings):
    """Where everything is that is looked at: what the web process and the auditor have in common."""

    mongo_url: MongoUrl
    ledger_database: str = Field("ledger", description="the name of the ledger's database, on the same servers")
    client_id: str = Field("monitoring", description="this service's client id at auth")
    client_secret: SecretStr = Field(..., description="this service's client secret at auth")
    transaction_url: HttpUrl = Field("http://127.0.0.1:5001", description="transaction's URL from server to server")
    notification_url: HttpUrl = Field("http://127.0.0.1:5002", description="notification's URL from server to server")
    analytics_url: HttpUrl = Field("http://127.0.0.1:5003", description="analytics' URL from server to server")
    kafka_bootstrap_servers: str = Field(..., description="Kafka's brokers: host:port, separated by commas")
    zookeeper_address: str = Field(..., description="ZooKeeper: host:port", pattern=r"^[^:/]+:\d{1,5}$")
    prometheus_url: HttpUrl = Field(..., description="Prometheus' URL from server to server")
    alertmanager_url: HttpUrl = Field(..., description="Alertmanager's URL from server to server")


class WebSettings(WatchSettings):
    """The web process."""

    redis_url: SecretStr = Field(..., description="Redis' URL with the user monitoring")
    secret_key: SecretStr = Field(..., min_length=32, description="32 random characters or more; signs the CSRF cookie")
    prometheus_public_url: HttpUrl = Field("http://localhost:9090", description="Prometheus' URL as browsers see it")
    alertmanager_public_url: HttpUrl = Field(
        "http://localhost:9093", description="Alertmanager's URL as browsers see it"
    )
    zipkin_public_url: HttpUrl = Field(
        "http://localhost:9411/zipkin", description="the address of Zipkin's pages as browsers see it"
    )
    inbox_retention_days: int = Field(180, ge=8, description="days that notifications are kept, 8 or more")


class AuditorSettings(WatchSettings):
    """The auditor."""

    probe_password: SecretStr = Field(..., min_length=12, description="the password of the probes' two users")
    alert_webhook_token: SecretStr = Field(..., min_length=1, description="the token of notification's door for alerts")
    watchdog_ping_url: str = Field(
        "", pattern=r"^(https?://\S+)?$", description="an address that expects to be asked for each 15 s, or nothing"
    )
    probe_period_seconds: float = Field(
        15.0, ge=1, description="seconds from one probe transfer to the next, 1 or more"
    )
    reconciliation_repair_after_seconds: float = Field(
        30.0,
        ge=0,
        description="how long after its end a minute may lack something before it is published again; 0 for never",
    )
