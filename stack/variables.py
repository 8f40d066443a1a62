"""The value of every environment variable that a process may ask for in processes.yaml."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import Protocol
from urllib.parse import quote, urlsplit, urlunsplit

from stack.errors import StackError
from stack.layout import Layout
from stack.process_list import Process, ProcessList, SetUp
from stack.secret_files import SERVICE_CLIENTS
from stack.state import HOST, State

DATABASES = {
    "auth_service": "auth",
    "transaction_service": "ledger",
    "notification_service": "notification",
    "analytics_service": "analytics",
    "monitoring": "monitoring",
}
AUDIT_DATABASE = "auth_audit"
"""Where auth's audit log is, apart from `auth`, since its user has other rights there."""
DEMO_USER = "demo-001"
LOOPBACK = "127.0.0.0/8,::1"
# What the user may set; everything else is generated or follows from the ports.
SETTINGS = {
    "ENVIRONMENT": "development",
    "LOG_LEVEL": "INFO",
    "HTTP_HOST": HOST,
    "OTEL_TRACES_EXPORTER": "zipkin_json",
    "TRACES_PER_SECOND": "5",
    "SIGN_UP_GRANT_MINOR_UNITS": "100000",
    "SIGN_UP_GRANT_CURRENCY": "EUR",
    "PROBE_PERIOD_SECONDS": "15",
    "API_SESSION_HOURS": "24",
    "API_IDLE_MINUTES": "120",
    "KEY_ROTATION_DAYS": "30",
    "DASK_SCHEDULER_ADDRESS": "",
    "ENGINE_PANDAS_ROWS_MAX": "250000",
    "ENGINE_MEMORY_BYTES": "600000000",
    "MINUTE_ROLLUPS_KEPT_HOURS": "48",
    "RECONCILIATION_PERIOD_SECONDS": "30",
    "RECONCILIATION_REPAIR_AFTER_SECONDS": "30",
    "LAKE_RETENTION_DAYS": "",
    "TRUSTED_PROXIES": "",
    "FAIL_POINTS": "",
    "SMTP_HOST": HOST,
    "SMTP_UNENCRYPTED_HOST": "",
    "SMTP_SECURITY": "none",
    "SMTP_USER": "",
    "SMTP_PASSWORD": "",
    "MAIL_FROM": "Fintech App <no-reply@fintech-app.example>",
    "STEP_UP_MINOR_UNITS": "50000",
    "SHARED_NETWORKS": LOOPBACK,
    "GRAFANA_PUBLIC_URL": "",
    "SLO_WINDOWS": "demo",
    "WATCHDOG_PING_URL": "",
    # Nothing: the stack's own servers, such as Redis, listen on this machine, and whoever signs up may add a webhook.
    "WEBHOOK_PRIVATE_TARGETS": "",
    # Of these the process that reads them has the default.
    **dict.fromkeys(
        (
            "SMTP_TIMEOUT_SECONDS",
            "INBOX_RETENTION_DAYS",
            "LIVE_STREAMS_MAX",
            "LIVE_STREAMS_PER_PERSON",
            "DELIVERIES_AT_ONCE",
            "DELIVERIES_AT_ONCE_PER_TARGET",
            "DELIVERY_ATTEMPTS_MAX",
            "DELIVERY_FIRST_PAUSE_SECONDS",
            "DELIVERY_LONGEST_PAUSE_SECONDS",
            "DELIVERY_AGE_MAX_HOURS",
            "DELIVERY_LOG_DAYS",
            "JOBS_PER_PERSON",
            "JOBS_AT_ONCE",
            "JOB_ATTEMPTS_MAX",
            "JOB_RESULT_DAYS",
            "JOB_RESULT_BYTES_MAX",
            "SCHEDULES_PER_PERSON",
            "REPORTER_NICENESS",
            "RISK_RECENT_HOURS",
            "RISK_PAST_DAYS",
        ),
        "",
    ),
}
# Each web process' public URL and its address from server to server, by the name that its variables begin with.
WEB = {name.upper(): f"{name}-web" for name in ("auth", "transaction", "notification", "analytics", "monitoring")}
UIS = {name.upper(): name for name in ("prometheus", "alertmanager")}


class Secrets(Protocol):
    """Gives a secret by its name, those of stack/secret_files.py."""

    def __getitem__(self, name: str) -> str: ...


def build_revision(layout: Layout) -> str:
    """The commit's hash; "unknown" where there is no git, as in an image."""
    if shutil.which("git") is None:
        return "unknown"
    answer = subprocess.run(
        ["git", "rev-parse", "--short=12", "HEAD"], cwd=layout.root, capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() if answer.returncode == 0 else "unknown"


class Variables:
    """Knows every variable once; hands each process only those that it names."""

    def __init__(
        self, layout: Layout, state: State, everything: ProcessList, secrets: Secrets, settings: Mapping[str, str]
    ) -> None:
        self._layout = layout
        self._state = state
        self._list = everything
        self._secrets = secrets
        self._settings = settings
        self._shared = self._of_the_stack(build_revision(layout))

    def of(self, item: Process | SetUp) -> dict[str, str]:
        """The environment of one process or command; raises StackError for a variable that nothing defines."""
        known = self._shared | self.of_service(item.service)
        if isinstance(item, Process):
            known |= self._of_the_process(item)
        try:
            return {name: known[name] for name in item.variables}
        except KeyError as missing:
            raise StackError(f"processes.yaml: {item.name} asks for {missing}, which nothing defines") from missing

    def setting(self, name: str) -> str:
        """What the user has set, or its default."""
        return self._settings.get(name, SETTINGS[name])

    def address(self, name: str) -> str:
        """host:port of a server or process, wherever it runs."""
        return self._state.external.get(name) or f"{HOST}:{self._state.port(self._list.process(name).port)}"

    def _host(self, name: str) -> str:
        return self.address(name).rpartition(":")[0]

    def public_url(self, name: str) -> str:
        return f"http://{self._state.public_host}:{self._state.port(self._list.process(name).port)}"

    def _of_the_stack(self, revision: str) -> dict[str, str]:
        settings = {name: self._settings.get(name, default) for name, default in SETTINGS.items()}
        ledgers = [p for p in self._list.processes if p.name.startswith("transaction-ledger-")]
        endpoints = [f"tcp://{self._host(p.name)}:{self._state.port(p.ports['commands'])}" for p in ledgers]
        return settings | {
            "SMTP_PORT": self._settings.get("SMTP_PORT")
            or str(self._state.port(self._list.process("mail").ports["smtp"])),
            "BUILD_REVISION": revision,
            "PUBLIC_HOST": self._state.public_host,
            **{f"{key}_PUBLIC_URL": self.public_url(name) for key, name in (WEB | UIS).items()},
            **{f"{key}_URL": f"http://{self.address(name)}" for key, name in (WEB | UIS).items()},
            "NOTIFICATION_LIVE_PUBLIC_URL": self.public_url("notification-live"),
            "ZIPKIN_PUBLIC_URL": f"{self.public_url('zipkin')}/zipkin/",
            "OTEL_EXPORTER_ZIPKIN_ENDPOINT": self._settings.get("OTEL_EXPORTER_ZIPKIN_ENDPOINT")
            or f"http://{self.address('zipkin')}/api/v2/spans",
            "KAFKA_BOOTSTRAP_SERVERS": self._settings.get("KAFKA_BOOTSTRAP_SERVERS") or self.address("kafka"),
            "ZOOKEEPER_ADDRESS": self._settings.get("ZOOKEEPER_ADDRESS") or self.address("zookeeper"),
            "LEDGER_DATABASE": DATABASES["transaction_service"],
            "LEDGER_ENDPOINTS": ",".join(endpoints),
            "LAKE_DIRECTORY": str(self._layout.data / "lake"),
            "ALERT_WEBHOOK_TOKEN": self._secrets["alert-webhook-token"],
            "PROBE_PASSWORD": self._secrets["probe-password"],
            "REDIS_ADDR": f"redis://{self.address('redis')}",
            "REDIS_USER": "monitor",
            "REDIS_PASSWORD": self._secrets["redis-monitor"],
            "DEMO_USERNAME": DEMO_USER,
            "DEMO_PASSWORD": self._secrets["demo-password"],
            **self._ledger_keys(),
        }

    def _ledger_keys(self) -> dict[str, str]:
        return {
            f"LEDGER_{side.upper()}_{half.upper()}_KEY": self._secrets[f"ledger-{side}-{half}"]
            for side in ("server", "client")
            for half in ("public", "secret")
        }

    def of_service(self, service: str) -> dict[str, str]:
        """The service's own users and keys, beside what every process may ask for."""
        if not service:
            return {}
        values = {
            "MONGO_URL": self.mongo_url(service, self._secrets[f"mongo-{service}"], DATABASES[service]),
            "REDIS_URL": f"redis://{service}:{self._secrets[f'redis-{service}']}@{self.address('redis')}/0",
            "SECRET_KEY": self._secrets[f"secret-key-{service}"],
        }
        if service == "auth_service":
            clients = {client: self._secrets[f"client-{client}"] for client in SERVICE_CLIENTS}
            values["SIGNING_KEY_SECRET"] = self._secrets["signing-key-secret"]
            values["SERVICE_CLIENT_SECRETS"] = json.dumps(clients)
        else:
            values["CLIENT_ID"] = service
            values["CLIENT_SECRET"] = self._secrets[f"client-{service}"]
        if service == "notification_service":
            values["WEBHOOK_SECRETS_KEY"] = self._secrets["webhook-secrets-key"]
        return values

    def _of_the_process(self, process: Process) -> dict[str, str]:
        values = {"HTTP_PORT": str(self._state.port(process.port))}
        if "commands" in process.ports:
            values["LEDGER_BIND"] = f"tcp://{HOST}:{self._state.port(process.ports['commands'])}"
        return values

    def mongo_url(self, user: str, password: str, database: str) -> str:
        """Users live in the database that they may use, so a URL names one database only.

        A replica set that runs elsewhere keeps its own hosts and options (TLS, replicaSet) from MONGO_ADMIN_URL.
        """
        elsewhere = self._settings.get("MONGO_ADMIN_URL")
        if not elsewhere:
            address = self.address("mongod")
            return f"mongodb://{user}:{password}@{address}/{database}?authSource={database}&replicaSet=rs0"
        parts = urlsplit(elsewhere)
        hosts = parts.netloc.rpartition("@")[2]
        options = [o for o in parts.query.split("&") if o and not o.lower().startswith("authsource=")]
        query = "&".join([f"authSource={quote(database)}", *options])
        return urlunsplit((parts.scheme, f"{user}:{password}@{hosts}", f"/{database}", query, ""))


def fill_in(command: str, places: Mapping[str, str]) -> Sequence[str]:
    """The words of a command line of processes.yaml, with {data}, {port} and their like filled in.

    Split first: a folder's name may hold a space.
    """
    return [word.format_map(places) for word in command.split()]
