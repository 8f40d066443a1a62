"""Prove that the audit log is as it was written: `python -m auth_service.verify_audit`, or one user's with `--user ID`.

Computes every hash of every chain again; also while people log in and out. Reads only. Exits with 0 where all is
whole, with 1 where a chain is broken (it says whose, where, and which hash should stand there), with 2 where the log
couldn't be read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence

from pymongo.errors import PyMongoError
from rich.console import Console
from rich.progress import track

from auth_service import storage
from auth_service.domain import Break, first_break
from auth_service.settings import VerifyAuditSettings
from service_kit import mongo

NOT_READ = 2


def breaks_of(trail: storage.MongoTrail, user_ids: Iterable[str]) -> list[Break]:
    """The first break of each chain that has one."""
    found = []
    for user_id in user_ids:
        head = trail.head_of(user_id)  # before the entries: what is added meanwhile is no break
        broken = first_break(user_id, trail.entries_of(user_id), head)
        if broken is not None:
            found.append(broken)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """The command: see the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m auth_service.verify_audit", description=__doc__)
    parser.add_argument("--user", metavar="ID", help="only the chain of this user")
    wanted = parser.parse_args(arguments)
    settings = VerifyAuditSettings.from_env()
    try:
        with mongo.connect(settings.mongo_url.get_secret_value(), "auth-verify-audit") as client:
            trail = storage.MongoTrail(storage.database(client))
            chains = [wanted.user] if wanted.user else trail.chains()
            shown = track(chains, "audit log", console=Console(stderr=True), transient=True)
            broken = breaks_of(trail, shown)
    except PyMongoError as error:
        sys.stderr.write(f"not verified: {error}\n")
        return NOT_READ
    for each in broken:
        sys.stdout.write(f"BROKEN: user {each.user_id}, seq {each.seq}: {each.reason}; expected {each.expected}\n")
    sys.stdout.write(f"chains {len(chains):,}, broken {len(broken):,}\n")
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
