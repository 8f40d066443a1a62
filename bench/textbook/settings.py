"""What the textbook service is told by its environment."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Frozen; a missing variable stops the start and is named by pydantic."""

    model_config = SettingsConfigDict(frozen=True)

    mongo_url: str = Field(validation_alias="TEXTBOOK_MONGO_URL")
    redis_url: str = Field(validation_alias="TEXTBOOK_REDIS_URL")
    jwks_url: str = Field(validation_alias="TEXTBOOK_JWKS_URL")
    zipkin_endpoint: str = Field(default="", validation_alias="OTEL_EXPORTER_ZIPKIN_ENDPOINT")
