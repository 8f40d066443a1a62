"""The environment is read once, at the start of a process, into a frozen object.

A missing or bad variable stops the start with one line that names it: a process that runs has all that it needs.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, AnyHttpUrl, BeforeValidator, Field, TypeAdapter, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from service_kit.client_address import Network, networks_of

_NOTHING: dict[str, Any] = {}
"""Every value comes from the environment; a type checker would miss the required ones in a plain `cls()`."""
_HTTP_URL = TypeAdapter(AnyHttpUrl)


def _networks(value: Any) -> Any:
    return networks_of(value) if isinstance(value, str) else value


Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)]
"""A variable that lists addresses and networks, separated by commas."""


def _http_url(value: str) -> str:
    _HTTP_URL.validate_python(value)
    return value.rstrip("/")


HttpUrl = Annotated[str, AfterValidator(_http_url)]
"""Paths are appended to it, so it has no slash at the end."""


class CommandSettings(BaseSettings):
    """What every command reads, also one that only sets something up and serves nothing.

    Field names are the variables' names in lower case; the `description` of a field is what its error line says
    was expected. Secrets are `SecretStr`, so that no log or traceback shows them.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True)

    environment: Literal["development", "production"] = Field("production", description="development or production")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")
    otel_traces_exporter: Literal["zipkin_json", "otlp", "none"] = Field(
        "none", description="zipkin_json, otlp or none"
    )
    otel_exporter_zipkin_endpoint: str = Field(
        "http://127.0.0.1:9411/api/v2/spans", description="where Zipkin takes spans"
    )
    traces_per_second: float = Field(5.0, ge=0, description="how many traces a second begin here, 0 or more")
    build_revision: str = Field("unknown", description="the git hash of this build")

    @property
    def is_development(self) -> bool:
        """Whether conveniences may show, such as the demo log-in."""
        return self.environment == "development"

    @classmethod
    def from_env(cls) -> Self:
        """Read the environment; on a mistake print one line for each variable to stderr and exit with 2.

        The line says what was expected and never what was found, since that may be a secret.
        """
        try:
            return cls(**_NOTHING)
        except ValidationError as error:
            for line in _mistakes(cls, error):
                sys.stderr.write(line + "\n")
            raise SystemExit(2) from None


class Settings(CommandSettings):
    """What every process that listens reads. A service's own Settings adds its variables below this one."""

    http_host: str = Field("127.0.0.1", description="the address to listen on")
    http_port: int = Field(..., ge=1, le=65535, description="the port to listen on, 1 to 65535")
    public_host: str = Field("localhost", description="the host name that browsers use")
    auth_public_url: str = Field("http://localhost:5000", description="auth's URL as browsers see it")
    transaction_public_url: str = Field("http://localhost:5001", description="transaction's URL as browsers see it")
    notification_public_url: str = Field("http://localhost:5002", description="notification's URL as browsers see it")
    analytics_public_url: str = Field("http://localhost:5003", description="analytics' URL as browsers see it")
    monitoring_public_url: str = Field("http://localhost:5004", description="monitoring's URL as browsers see it")
    notification_live_public_url: str = Field(
        "http://localhost:5120", description="the live stream's URL as browsers see it"
    )
    auth_url: str = Field("http://127.0.0.1:5000", description="auth's URL from server to server")
    trusted_proxies: Networks = Field(
        (), description="addresses and networks of the proxies before this process, separated by commas, or nothing"
    )

    @field_validator(
        "auth_public_url",
        "transaction_public_url",
        "notification_public_url",
        "analytics_public_url",
        "monitoring_public_url",
        "notification_live_public_url",
        "auth_url",
    )
    @classmethod
    def _is_an_origin(cls, value: str) -> str:
        """Links and redirects are made by appending a path, so a URL is an origin without a trailing slash."""
        url = _HTTP_URL.validate_python(value)
        if url.path not in (None, "/") or url.query or url.fragment or url.username:
            raise ValueError("an origin is expected: scheme, host and port")
        return value.rstrip("/")

    @property
    def public_origins(self) -> tuple[str, ...]:
        """The services of the platform that a browser may be sent to."""
        return (
            self.auth_public_url,
            self.transaction_public_url,
            self.notification_public_url,
            self.analytics_public_url,
            self.monitoring_public_url,
        )


def _mistakes(settings: type[CommandSettings], error: ValidationError) -> list[str]:
    lines = []
    for mistake in error.errors(include_input=False, include_url=False):
        name = str(mistake["loc"][0]) if mistake["loc"] else ""
        field = settings.model_fields.get(name)
        expected = (field.description if field else None) or mistake["msg"]
        what = "is not set" if mistake["type"] == "missing" else "is not usable"
        lines.append(f"{settings.__module__}: {name.upper()} {what}; expected: {expected}")
    return lines
