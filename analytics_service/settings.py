"""What each process of the service reads from its environment, once, at its start."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from analytics_service.domain.files import Keeping
from service_kit.env import CommandSettings, HttpUrl, Settings
from service_kit.fail_points import OFF, Ordered


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
JobsPerPerson = Annotated[
    int, Field(ge=1, le=1_000, description="report jobs of one person that may wait and run at once, 1 to 1000")
]


ClientId = Annotated[str, Field(description="this service's client id at auth")]
ClientSecret = Annotated[SecretStr, Field(description="this service's client secret at auth")]


PandasRowsMax = Annotated[
    int, Field(ge=0, description="rows up to which a report is made by Pandas in one thread; with more Dask makes it")
]
EngineMemoryBytes = Annotated[
    int,
    Field(ge=1, description="bytes that the pieces of all large reports may take at once; one is always worked on"),
]


class WebSettings(Settings):
    """The web process."""

    mongo_url: MongoUrl
    redis_url: SecretStr = Field(..., description="Redis' URL with the user analytics_service")
    secret_key: SecretStr = Field(..., min_length=32, description="32 random characters or more; signs the CSRF cookie")
    client_id: ClientId = "analytics_service"
    client_secret: ClientSecret
    lake_directory: LakeDirectory
    dask_scheduler_address: DaskScheduler = None
    engine_pandas_rows_max: PandasRowsMax = 250_000
    engine_memory_bytes: EngineMemoryBytes = 600_000_000
    jobs_per_person: JobsPerPerson = 20
    schedules_per_person: int = Field(20, ge=1, le=1_000, description="schedules of one person, 1 to 1000")


class KeepingSettings(CommandSettings):
    """How long the lake keeps what; the same for the ingester and for the command that makes the lake anew."""

    minute_rollups_kept_hours: int = Field(
        48,
        ge=26,
        le=24 * 400,
        description="for how many hours figures by minute are kept; a day of any zone must be among them",
    )
    lake_retention_days: int | None = Field(
        None, ge=7, le=36_500, description="for how many whole days the lake keeps its files; none: for ever"
    )

    @property
    def keeping(self) -> Keeping:
        """As the housekeeping takes it."""
        days = None if self.lake_retention_days is None else timedelta(days=self.lake_retention_days)
        return Keeping(timedelta(hours=self.minute_rollups_kept_hours), days)


class IngesterSettings(KeepingSettings, Settings):
    """The ingester."""

    mongo_url: MongoUrl
    lake_directory: LakeDirectory
    kafka_bootstrap_servers: str = Field(..., description="Kafka's brokers: host:port, separated by commas")
    fail_points: Ordered = OFF


class BackfillSettings(KeepingSettings, StoreSettings):
    """The command that makes the lake from the journal."""

    lake_directory: LakeDirectory
    transaction_url: str = Field(..., description="the ledger's URL from server to server")
    auth_url: str = Field("http://127.0.0.1:5000", description="auth's URL from server to server")
    client_id: str = Field("analytics_service", description="this service's client id at auth")
    client_secret: SecretStr = Field(..., description="this service's client secret at auth")


class ReporterSettings(Settings):
    """The reporter."""

    mongo_url: MongoUrl
    lake_directory: LakeDirectory
    dask_scheduler_address: DaskScheduler = None
    engine_pandas_rows_max: PandasRowsMax = 250_000
    engine_memory_bytes: EngineMemoryBytes = 600_000_000
    notification_url: str = Field("http://127.0.0.1:5002", description="notification's URL from server to server")
    client_id: ClientId = "analytics_service"
    client_secret: ClientSecret
    jobs_per_person: JobsPerPerson = 20
    jobs_at_once: int = Field(2, ge=1, le=32, description="report jobs that this reporter runs at once, 1 to 32")
    reporter_niceness: int = Field(
        10, ge=0, le=19, description="how far reports stand back from other processes (nice(2)), 0 to 19"
    )
    job_attempts_max: int = Field(
        5, ge=1, le=100, description="how often a report job may be begun before it has failed, 1 to 100"
    )
    risk_recent_hours: float = Field(
        24, gt=0, le=24 * 31, description="hours that a finding of risk counts after its last transfer, up to 744"
    )
    risk_past_days: float = Field(
        60, ge=35, le=3_660, description="days of the past that an account is judged by, 35 to 3660"
    )
    job_result_days: float = Field(7, gt=0, le=365, description="days that a result is kept, up to 365")
    job_result_bytes_max: int = Field(
        1_000_000_000,
        ge=1_000,
        description="bytes that a job's result may have, 1000 or more; with more the job fails",
    )
    transaction_url: HttpUrl = Field("http://127.0.0.1:5001", description="transaction's URL from server to server")
    reconciliation_period_seconds: float = Field(
        30.0, ge=1, le=30, description="seconds from one reconciliation with the ledger to the next, 1 to 30"
    )
