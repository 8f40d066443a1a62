"""Is a server or a process well? One probe a kind of health in processes.yaml; a probe raises when it isn't."""

from __future__ import annotations

import json
import logging
import socket
import urllib.error
import urllib.request
from collections.abc import Callable

import pymongo
import redis
from kafka.admin import KafkaAdminClient

from stack.errors import StackError
from stack.process_list import Process
from stack.secret_files import SecretFiles

PROBE_SECONDS = 5


class Unhealthy(Exception):
    """The message says what is wrong, in a few words."""


class Probes:
    """Checks any process of the stack, where its variables say it is."""

    def __init__(self, address_of: Callable[[str], str], secrets: SecretFiles) -> None:
        """`address_of`: host:port of a process by its name."""
        self._address_of = address_of
        self._secrets = secrets

    def check(self, process: Process) -> None:
        """Raises Unhealthy."""
        kind, _, path = process.health.partition(" ")
        address = self._address_of(process.name)
        checks: dict[str, Callable[[], None]] = {
            "http": lambda: check_http(f"http://{address}{path}"),
            "mongo": lambda: check_mongo(address),
            "redis": lambda: check_redis(address, self._secrets["redis-monitor"]),
            "zookeeper": lambda: check_zookeeper(address),
            "kafka": lambda: check_kafka(address),
        }
        if kind not in checks:
            raise StackError(f"processes.yaml: {process.name} has unknown health {kind!r}")
        checks[kind]()


def check_http(url: str) -> None:
    try:
        with urllib.request.urlopen(url, timeout=PROBE_SECONDS):  # noqa: S310 (the URL is made of our own list)
            return
    except urllib.error.HTTPError as error:
        raise Unhealthy(_reason(error)) from error
    except OSError as error:
        raise Unhealthy(_short(error)) from error


def _reason(error: urllib.error.HTTPError) -> str:
    """A readiness answer names what fails; anything else has a status."""
    try:
        body = json.loads(error.read(4096))
        return f"HTTP {error.code}: {json.dumps(body.get('checks') or body.get('detail') or body)[:160]}"
    except (ValueError, AttributeError, OSError):
        return f"HTTP {error.code}"


def check_mongo(address: str) -> None:
    """Well when it answers; whether it is a primary is known only once its replica set has begun."""
    client: pymongo.MongoClient = pymongo.MongoClient(
        f"mongodb://{address}/?directConnection=true", serverSelectionTimeoutMS=1500, connectTimeoutMS=1500
    )
    try:
        hello = client.admin.command("hello")
    except pymongo.errors.PyMongoError as error:
        raise Unhealthy(_short(error)) from error
    finally:
        client.close()
    if hello.get("setName") and not hello["isWritablePrimary"]:
        raise Unhealthy("not the primary yet")


def check_redis(address: str, password: str) -> None:
    host, _, port = address.rpartition(":")
    client = redis.Redis(host, int(port), username="monitor", password=password, socket_timeout=PROBE_SECONDS)
    try:
        client.ping()
    except redis.RedisError as error:
        raise Unhealthy(_short(error)) from error
    finally:
        client.close()


def check_zookeeper(address: str) -> None:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=PROBE_SECONDS) as connection:
            connection.sendall(b"srvr")
            answer = connection.recv(4096)
    except OSError as error:
        raise Unhealthy(_short(error)) from error
    if not answer.startswith(b"Zookeeper version"):
        raise Unhealthy(answer[:60].decode(errors="replace") or "closes the connection")


def check_kafka(address: str) -> None:
    """Well when it has registered itself: a broker whose port is open may still lack a controller."""
    host, _, port = address.rpartition(":")
    try:
        # The client tries for a long time and logs each try; a closed port is told faster by the kernel.
        socket.create_connection((host, int(port)), timeout=PROBE_SECONDS).close()
        logging.getLogger("kafka").setLevel(logging.CRITICAL)
        admin = KafkaAdminClient(bootstrap_servers=address, request_timeout_ms=PROBE_SECONDS * 1000)
        try:
            cluster = admin.describe_cluster()
        finally:
            admin.close()
    except Exception as error:  # kafka-python has no common base for what a starting broker does
        raise Unhealthy(_short(error)) from error
    if not cluster.get("brokers") or cluster.get("controller_id", -1) in (None, -1):
        raise Unhealthy("no broker has registered yet")


def _short(error: BaseException) -> str:
    reason = getattr(error, "reason", error)
    return str(reason).splitlines()[0][:160] if str(reason) else type(error).__name__
