"""Where a stack keeps its things.

Settings come from the environment, then from `.env` at the root of the checkout. Downloads are shared by
every stack of a checkout, so that removing one stack's data never downloads anything again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stack.errors import StackError

ROOT = Path(__file__).resolve().parent.parent
# Spaces, quotes, braces and per cent signs mean something in one server's configuration or another's.
PLAIN_PATH = re.compile(r"[\w./@+~:,-]+")


def read_settings(environ: Mapping[str, str] | None = None, root: Path = ROOT) -> dict[str, str]:
    """The process environment over the checkout's `.env`; empty values count as not set."""
    settings: dict[str, str] = {}
    dotenv = root / ".env"
    for number, line in enumerate(dotenv.read_text().splitlines() if dotenv.exists() else [], 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, separator, value = text.partition("=")
        if not separator or not name.strip().isidentifier():
            raise StackError(f"{dotenv}: line {number} is not NAME=value")
        settings[name.strip()] = value.strip().strip("'\"")
    settings.update(os.environ if environ is None else environ)
    return {name: value for name, value in settings.items() if value}


@dataclass(frozen=True)
class Layout:
    """The folders of one stack. `directory` is absolute: it marks the stack's processes."""

    root: Path
    directory: Path
    servers: Path

    @classmethod
    def of(cls, settings: Mapping[str, str], stack_dir: str | Path | None = None) -> Layout:
        """From `stack_dir`, else STACK_DIR, else `.stack`; relative paths start at the checkout."""
        directory = ROOT / Path(stack_dir or settings.get("STACK_DIR", ".stack")).expanduser()
        servers = ROOT / Path(settings.get("STACK_SERVERS_DIR", ".stack/servers")).expanduser()
        if not PLAIN_PATH.fullmatch(str(directory)):
            raise StackError(f"STACK_DIR: {directory} has a character that a server's configuration can't take")
        return cls(ROOT, Path(os.path.normpath(directory)), Path(os.path.normpath(servers)))

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def logs(self) -> Path:
        return self.directory / "logs"

    @property
    def config(self) -> Path:
        return self.directory / "config"

    @property
    def secrets(self) -> Path:
        return self.directory / "secrets"

    @property
    def run(self) -> Path:
        return self.directory / "run"

    @property
    def launches(self) -> Path:
        """One private file a process: its command and its environment."""
        return self.directory / "launches"

    @property
    def state_file(self) -> Path:
        return self.directory / "stack.json"

    def make_folders(self) -> None:
        for folder in (self.directory, self.data, self.logs, self.config, self.run):
            folder.mkdir(parents=True, exist_ok=True)
        for private in (self.secrets, self.launches):
            private.mkdir(mode=0o700, exist_ok=True)
