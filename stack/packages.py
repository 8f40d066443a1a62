"""Debian packages: what is missing, and its installation."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stack.errors import StackError
from stack.java import find_java, look_again
from stack.steps import Reporter

SCRIPT = Path(__file__).with_name("apt_install.sh")


def _command(name: str) -> Callable[[], bool]:
    return lambda: shutil.which(name) is not None


def _library(name: str) -> Callable[[], bool]:
    def loads() -> bool:
        try:
            ctypes.CDLL(name)
        except OSError:
            return False
        return True

    return loads


@dataclass(frozen=True)
class Package:
    name: str
    is_there: Callable[[], bool]


GROUPS: dict[str, tuple[Package, ...]] = {
    "java": (
        Package("openjdk-17-jre-headless", lambda: find_java() is not None),
        Package("maven", _command("mvn")),
    ),
    "packages": (
        Package("libcurl4", _library("libcurl.so.4")),
        Package("libssl3", _library("libssl.so.3")),
        Package("redis-server", _command("redis-server")),
        Package("prometheus", _command("prometheus")),
        Package("prometheus-alertmanager", _command("prometheus-alertmanager")),
        Package("prometheus-redis-exporter", _command("prometheus-redis-exporter")),
        Package("prometheus-node-exporter", _command("prometheus-node-exporter")),
    ),
    # To check docker-compose.yml only: no engine comes with it.
    "compose": (Package("docker-compose", _command("docker-compose")),),
    # For the tests in a browser only.
    "browser": (
        Package("chromium", _command("chromium")),
        Package("fonts-liberation", lambda: any(Path("/usr/share/fonts/truetype").glob("liberation*"))),
    ),
}


def missing_packages(group: str) -> list[str]:
    return [package.name for package in GROUPS[group] if not package.is_there()]


def ask_for_root() -> None:
    """Let sudo ask for a password while the screen is still free for it."""
    if os.geteuid() == 0:
        return
    if shutil.which("sudo") is None or subprocess.run(["sudo", "-v"], check=False).returncode != 0:
        raise StackError("installing packages needs root: run as root, or as a user who may use sudo")


def install_packages(group: str, reporter: Reporter) -> str:
    """Raises StackError with the end of apt's own words."""
    names = missing_packages(group)
    if not names:
        return "present"
    command = [*([] if os.geteuid() == 0 else ["sudo", "-n"]), "sh", str(SCRIPT), *names]
    run_with_notes(command, reporter.note, f"apt could not install {' '.join(names)}")
    look_again()
    still = missing_packages(group)
    if still:
        raise StackError(f"apt installed {' '.join(names)}, but {' '.join(still)} doesn't work")
    return "installed " + " ".join(names)


def run_with_notes(command: list[str], note: Callable[[str], None], failure: str) -> None:
    """Run a command whose lines are its progress; raises StackError with `failure` and its last lines."""
    last: list[str] = []
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as child:
        for line in child.stdout or ():
            if line.strip():
                last = [*last[-7:], line.strip()]
                note(line.strip())
    if child.returncode != 0:
        raise StackError(failure + ":\n  " + "\n  ".join(last))
