"""Holds docker-compose.yml against other people's tools: docker-compose, the specification's schema, promtool, amtool.

What needs no tool is a test: tests/unit/compose.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from stack.compose.files import COMPOSE_FILE, FOLDER
from stack.compose.secrets import write_secrets
from stack.errors import StackError
from stack.layout import ROOT

PROFILES = ("ui", "observability", "cluster", "demo")
FILES = (COMPOSE_FILE, FOLDER / "open.yml")


def check_compose() -> None:
    """Raises StackError with the tool's words on the first thing that is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        _check_without_secrets(directory)
        config = _check_by_compose(directory)
        _check_by_schema()
        _check_monitoring(config, directory)
    print(
        f"docker-compose.yml: {len(config['services'])} services, accepted by {_compose()[0]}, the schema and the tools"
    )


def _compose() -> list[str]:
    """docker-compose, which Debian has, or the plugin of newer installations."""
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    if shutil.which("docker") and subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0:
        return ["docker", "compose"]
    raise StackError("docker-compose is not installed: `python -m stack fetch --compose` installs it")


def _check_without_secrets(directory: Path) -> None:
    """Nothing starts before somebody has made secrets, and one line says so."""
    nothing = directory / "nothing.env"
    nothing.touch()
    done = _run([*_compose(), "--env-file", str(nothing), "--file", str(COMPOSE_FILE), "config", "--quiet"])
    said = done.stderr.strip()
    if done.returncode == 0 or "run make secrets first" not in said or len(said.splitlines()) != 1:
        raise StackError(f"without secrets one line should say so, and this was said:\n{said}")


def _check_by_compose(directory: Path) -> dict[str, Any]:
    """All profiles, alone and with every port published; a warning is a mistake. Returns what compose has read."""
    made = directory / "made.env"
    write_secrets(made)
    profiles = [word for profile in PROFILES for word in ("--profile", profile)]
    common = [*_compose(), "--env-file", str(made), *profiles]
    texts = []
    for files in (FILES[:1], FILES):
        done = _run([*common, *(word for file in files for word in ("--file", str(file))), "config"])
        if done.returncode != 0 or done.stderr.strip():
            raise StackError(f"{_compose()[0]} config says:\n{done.stderr}")
        texts.append(done.stdout)
    config: dict[str, Any] = yaml.safe_load(texts[0])
    return config


def _check_by_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = _run([*command, str(COMPOSE_FILE)])
    if done.returncode != 0:
        raise StackError(f"the compose specification's schema says:\n{done.stdout}{done.stderr}")


def _check_monitoring(config: dict[str, Any], directory: Path) -> None:
    """Prometheus' and Alertmanager's files where the containers see them, read by their own tools."""
    for service, tool in (
        ("prometheus", ["promtool", "check", "config"]),
        ("alertmanager", ["amtool", "check-config"]),
    ):
        place = directory / service
        _lay_out(config["services"][service]["volumes"], place)
        option = next(word for word in config["services"][service]["command"] if word.startswith("--config.file="))
        inside = Path(option.partition("=")[2])
        done = _run([*tool, str(place / inside.relative_to("/"))])
        if done.returncode != 0:
            raise StackError(f"{' '.join(tool)} says:\n{done.stdout}{done.stderr}")


def _lay_out(volumes: Sequence[Any], place: Path) -> None:
    """Links to the mounted files, under `place` as under the container's root."""
    for volume in volumes:
        source, inside = volume.split(":")[:2] if isinstance(volume, str) else (volume["source"], volume["target"])
        if not str(source).startswith((".", "/")):
            continue
        link = place / inside.lstrip("/")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to((ROOT / source).resolve())
    token = place / "config" / "alert-webhook-token"
    if token.parent.is_dir():
        token.write_text("of the job key-files")


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise StackError(f"{command[0]} is not installed: `python -m stack fetch` installs it") from error
