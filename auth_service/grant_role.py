"""Give a user a role: `python -m auth_service.grant_role demo-001 analyst`.

It counts from their next log-in on, in API sessions from the next refresh on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from auth_service import storage
from auth_service.domain import OPERATOR, UnknownUser, Whence
from auth_service.settings import CreateAdminSettings
from auth_service.use_cases import GrantRole, Trails
from auth_service.wiring import SERVICE, new_id
from contracts.access_token import STAFF_ROLES
from service_kit import logging, mongo
from service_kit.clock import SystemClock


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 also when they have it already; 1 if nobody has that name."""
    parser = argparse.ArgumentParser(prog="python -m auth_service.grant_role", description="Give a user a role.")
    parser.add_argument("username")
    parser.add_argument("role", choices=sorted(STAFF_ROLES))
    wanted = parser.parse_args(arguments)
    settings = CreateAdminSettings.from_env()
    logging.configure(SERVICE, process="grant_role", level=settings.log_level, stream=sys.stderr)
    client = mongo.connect(settings.mongo_url.get_secret_value(), "auth-grant-role")
    db = storage.database(client)
    trails = Trails(storage.MongoTrail(db), lambda: Whence(device="grant_role"), by=OPERATOR)
    grant = GrantRole(storage.MongoUsers(db), SystemClock(), new_id, trails)
    try:
        user = grant(wanted.username, wanted.role)
    except UnknownUser as unknown:
        sys.stderr.write(f"{unknown}\n")
        return 1
    sys.stdout.write(f"{user.username}: {', '.join(user.roles)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
