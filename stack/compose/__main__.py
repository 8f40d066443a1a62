"""`python -m stack.compose <command>`: secrets, files and images for docker-compose.yml, and its one-shot jobs."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

import httpx
from pymongo.errors import PyMongoError

from stack.compose.check import check_compose
from stack.compose.files import write_files
from stack.compose.images import build_images
from stack.compose.jobs import make_mongo_users, register_cluster, write_key_files
from stack.compose.secrets import write_secrets
from stack.errors import StackError
from stack.layout import ROOT
from stack.process_list import load_process_list


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m stack.compose", description=__doc__)
    commands: dict[str, Callable[[], object]] = {
        "secrets": _secrets,
        "check": check_compose,
        "images": lambda: build_images(options),
        "write": lambda: write_files(load_process_list()),
        "key-files": lambda: write_key_files(os.environ),
        "mongo-users": lambda: make_mongo_users(os.environ),
        "kafka-manager": lambda: register_cluster(os.environ),
    }
    parser.add_argument("command", choices=commands)
    arguments, options = parser.parse_known_args()
    if options and arguments.command != "images":
        parser.error(f"unrecognized arguments: {' '.join(options)}")
    try:
        commands[arguments.command]()
    except (StackError, PyMongoError, httpx.HTTPError) as error:
        print(f"compose: {error}", file=sys.stderr)
        return 1
    return 0


def _secrets() -> None:
    added = write_secrets(ROOT / ".env")
    print(f".env: {len(added)} secrets added" if added else ".env has every secret")


if __name__ == "__main__":
    raise SystemExit(main())
