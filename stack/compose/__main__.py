"""`python -m stack.compose <command>`: secrets for docker-compose.yml, the files made for it, and its one-shot jobs."""

from __future__ import annotations

import argparse
import os
import sys

import httpx
from pymongo.errors import PyMongoError

from stack.compose.check import check_compose
from stack.compose.files import write_files
from stack.compose.jobs import make_mongo_users, register_cluster, write_key_files
from stack.compose.secrets import write_secrets
from stack.errors import StackError
from stack.layout import ROOT
from stack.process_list import load_process_list


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m stack.compose", description=__doc__)
    commands = {
        "secrets": _secrets,
        "check": check_compose,
        "write": lambda: write_files(load_process_list()),
        "key-files": lambda: write_key_files(os.environ),
        "mongo-users": lambda: make_mongo_users(os.environ),
        "kafka-manager": lambda: register_cluster(os.environ),
    }
    parser.add_argument("command", choices=commands)
    try:
        commands[parser.parse_args().command]()
    except (StackError, PyMongoError, httpx.HTTPError) as error:
        print(f"compose: {error}", file=sys.stderr)
        return 1
    return 0


def _secrets() -> None:
    added = write_secrets(ROOT / ".env")
    print(f".env: {len(added)} secrets added" if added else ".env has every secret")


if __name__ == "__main__":
    raise SystemExit(main())
