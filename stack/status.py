"""`status`: what runs, how well, and where."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from stack.errors import NotRunning
from stack.health import Probes, Unhealthy
from stack.process_list import Process
from stack.running import Stack
from stack.secret_files import SecretFiles
from stack.supervision import ProcessInfo, Supervisor

URLS = {
    "Fintech App": ("auth-web", "/"),
    "Send money": ("transaction-web", "/send_transaction"),
    "Inbox": ("notification-web", "/inbox"),
    "Reports": ("analytics-web", "/reports"),
    "Status of the platform": ("monitoring-web", "/status"),
    "API of auth": ("auth-web", "/apidocs"),
    "API of transactions": ("transaction-web", "/apidocs"),
    "API of notifications": ("notification-web", "/apidocs"),
    "API of analytics": ("analytics-web", "/apidocs"),
    "API of monitoring": ("monitoring-web", "/apidocs"),
    "Traces (Zipkin)": ("zipkin", "/zipkin/"),
    "Mail that was sent": ("mail", "/"),
    "Metrics (Prometheus)": ("prometheus", "/classic/graph"),
    "Alerts": ("prometheus", "/classic/alerts"),
}


@dataclass(frozen=True)
class Row:
    process: Process
    info: ProcessInfo | None
    trouble: str

    @property
    def is_well(self) -> bool:
        return not self.trouble


def probes_of(stack: Stack) -> Probes:
    return Probes(stack.address, SecretFiles(stack.layout.secrets))


def survey(stack: Stack) -> list[Row]:
    """Every process of the stack with what supervisor and its own health say; probed side by side."""
    try:
        infos = {info.name: info for info in Supervisor(stack.layout).infos()}
    except NotRunning:
        infos = {}
    probes = probes_of(stack)

    def look(process: Process) -> Row:
        info = infos.get(process.name)
        if info is None or not info.is_alive:
            return Row(process, info, info.state.lower() if info else "not running")
        try:
            probes.check(process)
        except Unhealthy as unhealthy:
            return Row(process, info, str(unhealthy))
        return Row(process, info, "")

    with ThreadPoolExecutor(max_workers=8) as pool:
        return list(pool.map(look, stack.processes))


def print_status(console: Console, stack: Stack, rows: list[Row]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("process", "health", "port", "pid", "up for"):
        table.add_column(column)
    for row in rows:
        health = "[green]well[/]" if row.is_well else f"[red]{row.trouble.replace('[', '(')}[/]"
        pid = str(row.info.pid) if row.info and row.info.pid else "-"
        table.add_row(row.process.name, health, str(stack.port(row.process.name)), pid, _age(row.info))
    for name, address in stack.state.external.items():
        table.add_row(name, f"runs elsewhere, at {address}", "-", "-", "-")
    console.print(table)


def _age(info: ProcessInfo | None) -> str:
    if info is None or not info.pid:
        return "-"
    seconds = max(0, int(time.time()) - info.started_at)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def print_urls(console: Console, stack: Stack) -> None:
    """Those of what runs here."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for title, (name, path) in URLS.items():
        if name in stack.state.processes:
            table.add_row(title, f"[link]{stack.url(name)}{path}[/link]")
    console.print(table)
