"""Writes the servers' configuration into the stack's folder, from stack/templates and monitoring/."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path

from stack.errors import StackError
from stack.layout import Layout
from stack.process_list import Process, ProcessList
from stack.secret_files import SERVICES, SecretFiles, write_private
from stack.state import HOST, State
from stack.variables import Secrets, Variables

TEMPLATES = Path(__file__).with_name("templates")
INBOX_CREDENTIALS = "alert-webhook-token"
DATA_FOLDERS = ("mongod", "redis", "zookeeper", "kafka", "prometheus", "alertmanager")


def write_server_config(
    layout: Layout, state: State, everything: ProcessList, secrets: SecretFiles, variables: Variables
) -> None:
    """Idempotent. Redis' user list holds hashes of passwords, as Redis allows; the others hold no secret."""
    for name in DATA_FOLDERS:
        (layout.data / name).mkdir(exist_ok=True)
    places = {process.name: state.port(process.port) for process in everything.processes}
    folders = {"data": layout.data, "config": layout.config, "secrets": layout.secrets, "host": HOST}
    for template in ("mongod.yaml", "redis.conf", "zookeeper.properties", "kafka.properties", "log4j.properties"):
        text = (TEMPLATES / template).read_text()
        filled = text.format(**places, **folders, zookeeper_address=variables.address("zookeeper"))
        (layout.config / template).write_text(filled)
    write_private(layout.config / "redis-users.acl", redis_users(secrets))
    windows = variables.setting("SLO_WINDOWS")
    write_monitoring_config(layout.root / "monitoring", layout.config, state, everything.processes, windows)
    # Beside alertmanager.yml, which names it.
    link(layout.config / INBOX_CREDENTIALS, secrets.path(INBOX_CREDENTIALS))


def redis_users(secrets: Secrets) -> str:
    """The lines of Redis' ACL file."""
    names = {**{service: f"redis-{service}" for service in SERVICES}, "monitor": "redis-monitor"}
    hashes = {user: hashlib.sha256(secrets[name].encode()).hexdigest() for user, name in names.items()}
    return (TEMPLATES / "redis-users.acl").read_text().format(**hashes)


def write_monitoring_config(
    monitoring: Path, config: Path, state: State, processes: Iterable[Process], slo_windows: str = "demo"
) -> None:
    """Prometheus reads the committed files by links: an edit needs a reload and no `up`. Alertmanager has a copy.

    `slo_windows`: a folder of monitoring/prometheus/slo. Raises StackError where there is none of that name.
    """
    slo = monitoring / "prometheus" / "slo"
    scales = sorted(folder.name for folder in slo.iterdir())
    if slo_windows not in scales:
        raise StackError(f"SLO_WINDOWS={slo_windows}: it must be {' or '.join(scales)}")
    prometheus = config / "prometheus"
    for folder in ("targets", "alertmanagers"):
        (prometheus / folder).mkdir(parents=True, exist_ok=True)
    link(prometheus / "prometheus.yml", monitoring / "prometheus" / "prometheus.yml")
    link(prometheus / "rules", monitoring / "prometheus" / "rules")
    link(prometheus / "slo", slo / slo_windows)
    listed = list(processes)
    alertmanager = (monitoring / "alertmanager" / "alertmanager.yml").read_text()
    write_private(config / "alertmanager.yml", with_inbox(alertmanager, state, listed))
    (prometheus / "targets" / "processes.json").write_text(json.dumps(scrape_targets(state, listed), indent=2))
    managers = [p for p in listed if p.name == "alertmanager"]
    targets = [{"targets": [f"{HOST}:{state.port(p.port)}"]} for p in managers]
    (prometheus / "alertmanagers" / "alertmanagers.json").write_text(json.dumps(targets, indent=2))


def with_inbox(alertmanager: str, state: State, processes: Iterable[Process]) -> str:
    """The committed configuration with the operators' inbox where it is here."""
    inbox = next(process for process in processes if process.name == "notification-web")
    return alertmanager.replace(f"//{inbox.name}:{inbox.port}/", f"//{HOST}:{state.port(inbox.port)}/")


def scrape_targets(
    state: State, processes: Iterable[Process], host_of: Callable[[Process], str] = lambda process: HOST
) -> list[dict[str, object]]:
    """Prometheus' file_sd format: what runs here and has metrics, named by process and by service."""
    return [
        {
            "targets": [f"{host_of(process)}:{state.port(process.port)}"],
            "labels": {
                "process": process.name,
                "service": process.service or process.name,
                "kind": process.kind,
                "__metrics_path__": process.metrics,
            },
        }
        for process in processes
        if process.metrics and process.name in state.processes
    ]


def link(path: Path, target: Path) -> None:
    """Make `path` a link to `target`, replacing an older link."""
    if path.is_symlink() and path.readlink() == target:
        return
    path.unlink(missing_ok=True)
    path.symlink_to(target)
