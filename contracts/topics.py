"""The topics of the platform, read from topics.yaml: names are typed once, there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent

USERS = "users"
TRANSACTIONS = "transactions"


@dataclass(frozen=True)
class Topic:
    """One Kafka topic: how it is made, and which schema its values obey."""

    name: str
    description: str
    schema: str
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    partitions: int
    config: dict[str, str]

    @property
    def dead_letters(self) -> str:
        """The topic that takes what a consumer of this one could not use."""
        return f"{self.name}.dlq"


@cache
def topics() -> dict[str, Topic]:
    """Every topic by name, in the order of topics.yaml."""
    raw: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "topics.yaml").read_text(encoding="utf-8"))
    return {name: _topic(name, entry) for name, entry in raw.items()}


def _topic(name: str, entry: dict[str, Any]) -> Topic:
    lists = {field: tuple(entry[field]) for field in ("producers", "consumers")}
    return Topic(name=name, **{**entry, **lists})
