"""The one-shot jobs of docker-compose.yml, which run in the operator's image on every `up`. All are idempotent."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import httpx

from stack.compose.secrets import GivenSecrets, names
from stack.errors import StackError
from stack.mongo_users import prepare_own_mongo
from stack.server_config import redis_users

KEYS = Path("/keys")
MONGODB, REDIS, NOBODY = 999, 999, 65534
"""The users that the images of MongoDB and Redis (Debian's variants) and of Alertmanager run as."""
CLUSTER = {
    "name": "platform",
    "zkHosts": "zookeeper:2181",
    # The newest that Kafka Manager knows; a broker of 3.9 answers it.
    "kafkaVersion": "3.2.0",
    "securityProtocol": "PLAINTEXT",
    "activeOffsetCacheEnabled": "true",
    "pollConsumers": "true",
}


def write_key_files(given: Mapping[str, str], folder: Path = KEYS) -> None:
    """Raises StackError for the first secret, of all, that is missing or that somebody could guess."""
    secrets = GivenSecrets(given)
    values = {name: secrets[name] for name in names()}
    _write(folder / "mongod" / "mongo-keyfile", values["mongo-keyfile"], MONGODB)
    _write(folder / "redis" / "redis-users.acl", redis_users(secrets), REDIS)
    _write(folder / "alertmanager" / "alert-webhook-token", values["alert-webhook-token"], NOBODY)


def _write(path: Path, text: str, owner: int) -> None:
    """Its owner may read it and nobody else; the server that has read the old one sees the new one whole."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    os.chown(new, owner, owner)
    new.replace(path)


def make_mongo_users(given: Mapping[str, str]) -> None:
    """Runs in mongod's own network: only there may the first user be made by a stranger."""
    prepare_own_mongo("127.0.0.1:27017", GivenSecrets(given), member="mongod:27017")


def register_cluster(given: Mapping[str, str], transport: httpx.BaseTransport | None = None) -> None:
    """Kafka Manager answers 200 also when it refuses, so what counts is whether it lists the cluster afterwards."""
    login = ("admin", GivenSecrets(given)["kafka-manager"])
    with httpx.Client(base_url="http://kafka-manager:9000", auth=login, timeout=30, transport=transport) as client:
        if _is_registered(client):
            return
        answer = client.post("/clusters", data=CLUSTER)
        if not _is_registered(client):
            raise StackError(f"Kafka Manager does not take the cluster: HTTP {answer.status_code}")


def _is_registered(client: httpx.Client) -> bool:
    answer = client.get("/api/status/clusters")
    answer.raise_for_status()
    clusters = answer.json().get("clusters", {})
    return any(
        each.get("name") == CLUSTER["name"] for each in [*clusters.get("active", []), *clusters.get("pending", [])]
    )
