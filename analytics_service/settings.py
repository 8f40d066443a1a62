"""What each process of the service reads from its environment, once, at its start."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from service_kit.env import CommandSettings, Settings


def _absolute(value: Path) -> Path:
    if not value.is_absolute():
        raise ValueError("an absolute path is expected")
    return value


MongoUrl = Annotated[
    SecretStr, Field(description="mongodb://user:password@host:port/analytics?authSource=...&replicaSet=rs0")
]
LakeDirectory = Annotated[
    Path,
    AfterValidator(_absolute),
    Field(description="the absolute path of the lake's folder, one and the same for web, ingester and reporter"),
]


class StoreSettings(CommandSettings):
    """A command that only needs the service's database."""

    mongo_url: MongoUrl


DaskScheduler = Annotated[
    str | None,
    Field(description="a Dask scheduler for large reports, tcp://host:port; none: threads of this process"),
]


class WebSettings(Settings):
    """The web process."""

    mongo_url: MongoUrl
    redis_url: SecretStr = Field(..., description="Redis' URL with the user analytics_service")
    secret_key: SecretStr = Field(..., min_length=32, description="32 random characters or more; signs the CSRF cookie")
    client_id: str = Field("analytics_service", description="this service's client id at auth")
    client_secret: SecretStr = Field(..., description="this service's client secret at auth")
    lake_directory: LakeDirectory
    dask_scheduler_address: DaskScheduler = None


class IngesterSettings(Settings):
    """The ingester."""

    mongo_url: MongoUrl
    lake_directory: LakeDirectory
    kafka_bootstrap_servers: str = Field(..., description="Kafka's brokers: host:port, separated by commas")


class ReporterSettings(Settings):
    """The reporter."""

    mongo_url: MongoUrl
    lake_directory: LakeDirectory
    dask_scheduler_address: DaskScheduler = None
