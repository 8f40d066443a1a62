"""`doctor`: what this machine lacks, and how to mend it."""

from __future__ import annotations

import ipaddress
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from stack.containers import are_wanted, require
from stack.downloads import PINS, is_there
from stack.errors import StackError
from stack.java import OLDEST_JAVA, find_java
from stack.layout import Layout
from stack.packages import GROUPS, missing_packages
from stack.ports import require_free, wanted_offset
from stack.process_list import ProcessList
from stack.running import Stack
from stack.status import survey
from stack.supervision import Supervisor
from stack.system_processes import members

NEEDED_MEMORY_MB = 1500  # what all of it takes together after its start is 1.3 GB
NEEDED_DISK_MB = 2500
PLAUSIBLE_SINCE = 1_735_689_600  # 2025-01-01; a machine whose clock is older signs tokens that nobody accepts


@dataclass(frozen=True)
class Finding:
    """`mend` is empty when all is well."""

    subject: str
    what: str
    mend: str = ""


def examine(layout: Layout, settings: Mapping[str, str], everything: ProcessList) -> list[Finding]:
    runs = Supervisor(layout).is_running()
    findings = [_python(), _java(), *_packages(), *_downloads(layout)]
    findings += _containers(settings, everything)
    findings += [_memory(runs=runs), _disk(layout), *_clock(), _localhost()]
    if runs:
        return [*findings, *_processes(layout)]
    return [*findings, *_orphans(layout), _ports(layout, settings, everything)]


def print_findings(console: Console, findings: list[Finding]) -> int:
    """Returns the exit code: 1 when something wants mending."""
    for finding in findings:
        mark = "[red]MEND[/]" if finding.mend else "[green] ok [/]"
        console.print(f"{mark} {finding.subject}: {finding.what.replace('[', '(')}", highlight=False)
        if finding.mend:
            console.print(f"       -> {finding.mend}", highlight=False)
    return 1 if any(finding.mend for finding in findings) else 0


def _python() -> Finding:
    return Finding("python", sys.version.split()[0])


def _java() -> Finding:
    java = find_java()
    return Finding("java", java) if java else Finding("java", f"none of {OLDEST_JAVA} or newer", "make up installs it")


def _packages() -> Iterator[Finding]:
    for group in GROUPS:
        missing = missing_packages(group)
        if not missing:
            yield Finding(f"packages ({group})", "installed")
        else:
            by = "make test" if group == "browser" else "make up"
            yield Finding(f"packages ({group})", f"missing: {' '.join(missing)}", f"{by} installs them")


def _downloads(layout: Layout) -> Iterator[Finding]:
    for name in PINS:
        there = is_there(layout, name)
        yield Finding(name, "downloaded" if there else "not downloaded", "" if there else "make up downloads it")


def _containers(settings: Mapping[str, str], everything: ProcessList) -> Iterator[Finding]:
    if not are_wanted(settings):
        return
    try:
        require(everything)
    except StackError as error:
        yield Finding("containers", str(error), "install Docker, then make images")
    else:
        yield Finding("containers", "Docker answers, and has every image")


def _memory(*, runs: bool) -> Finding:
    fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    megabytes = int(fields["MemAvailable"].split()[0]) // 1024
    enough = megabytes >= (NEEDED_MEMORY_MB // 5 if runs else NEEDED_MEMORY_MB)
    mend = "" if enough else f"a whole stack takes about {NEEDED_MEMORY_MB} MB: end something else"
    return Finding("memory", f"{megabytes} MB available", mend)


def _disk(layout: Layout) -> Finding:
    folder = layout.directory if layout.directory.exists() else layout.root
    megabytes = shutil.disk_usage(folder).free // 1_000_000
    mend = "" if megabytes >= NEEDED_DISK_MB else f"free {NEEDED_DISK_MB} MB there, or set STACK_DIR to another disk"
    return Finding("disk", f"{megabytes} MB free at {folder}", mend)


def _clock() -> Iterator[Finding]:
    now = time.time()
    plausible = now > PLAUSIBLE_SINCE
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
    yield Finding("clock", stamp, "" if plausible else "set the clock: tokens and certificates depend on it")
    if shutil.which("timedatectl") and Path("/run/systemd/system").exists():
        answer = subprocess.run(
            ["timedatectl", "show", "-p", "NTPSynchronized", "--value"], capture_output=True, text=True, check=False
        )
        if answer.stdout.strip() == "no":
            yield Finding("clock", "is not synchronised", "timedatectl set-ntp true")


def _localhost() -> Finding:
    try:
        address = socket.gethostbyname("localhost")
        well = ipaddress.ip_address(address).is_loopback
    except OSError:
        address, well = "nothing", False
    return Finding("localhost", f"is {address}", "" if well else "add `127.0.0.1 localhost` to /etc/hosts")


def _processes(layout: Layout) -> Iterator[Finding]:
    stack = Stack.load(layout.directory)
    for row in survey(stack):
        name = row.process.name
        mend = "" if row.is_well else f"make logs NAME={name}; `make restart NAME={name}` starts it anew"
        yield Finding(name, row.trouble or "well", mend)


def _orphans(layout: Layout) -> Iterator[Finding]:
    left = members(layout.directory)
    if left:
        names = ", ".join(f"{member.name} (pid {member.pid})" for member in left)
        yield Finding("processes without their supervisor", names, "make down, then make up")


def _ports(layout: Layout, settings: Mapping[str, str], everything: ProcessList) -> Finding:
    offset = wanted_offset(settings)
    if offset is None:
        return Finding("ports", "chosen at the start (STACK_PORT_OFFSET=auto)")
    try:
        require_free(everything.processes, offset)
    except StackError as error:
        return Finding("ports", "in use", str(error))
    return Finding("ports", f"free (STACK_PORT_OFFSET={offset})")
