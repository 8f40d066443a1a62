"""The first administrator, `python -m auth_service.create_admin`: the generated password is printed once, here."""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Sequence

from prometheus_client import CollectorRegistry

from auth_service import storage
from auth_service.domain import OPERATOR, UsernameTaken, Whence, username_of
from auth_service.metrics import AuthMetrics
from auth_service.passwords import Argon2Passwords
from auth_service.ports import Users
from auth_service.settings import CreateAdminSettings
from auth_service.use_cases import SignUp, Trails, Visitor
from auth_service.wiring import SERVICE, new_id
from service_kit import logging, mongo
from service_kit.clock import SystemClock
from service_kit.errors import InvalidRequest

PASSWORD_BYTES = 18


def create_admin(users: Users, sign_up: SignUp, username: str, email: str, *, force: bool = False) -> str:
    """Make an administrator with a generated password; return what to tell, the password within.

    Where there is one already and `force` isn't given, nothing is made. Raises UsernameTaken, InvalidRequest.
    """
    present = users.with_role("admin")
    if present is not None and not force:
        return f"There is an administrator already: {present.username}. Another one is made with --force."
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    admin = sign_up.register(username_of(username), email, password, ("user", "admin"), generated=True)
    return (
        f"Administrator: {admin.username}\nPassword:      {password}\n"
        "It is shown only this once. Log in and change it: until then it opens the account without the role admin."
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 also when there is one already: running it twice is harmless. 1 if the name can't be had."""
    wanted = _parser().parse_args(arguments)
    settings = CreateAdminSettings.from_env()
    logging.configure(SERVICE, process="create_admin", level=settings.log_level, stream=sys.stderr)
    client = mongo.connect(settings.mongo_url.get_secret_value(), "auth-create-admin")
    db, metrics = storage.database(client), AuthMetrics(CollectorRegistry())
    users = storage.MongoUsers(db)
    passwords = Argon2Passwords(metrics.password_hash_seconds)
    trails = Trails(storage.MongoTrail(db), lambda: Whence(device="create_admin"), by=OPERATOR)
    sign_up = SignUp(users, passwords, SystemClock(), new_id, _no_trace, metrics, trails, _anybody)
    try:
        sys.stdout.write(create_admin(users, sign_up, wanted.username, wanted.email, force=wanted.force) + "\n")
    except (UsernameTaken, InvalidRequest) as refused:
        sys.stderr.write(f"{wanted.username}: {refused}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m auth_service.create_admin", description="Make an administrator.")
    parser.add_argument("--username", default="admin", help="default: admin")
    parser.add_argument("--email", default="admin@localhost", help="default: admin@localhost")
    parser.add_argument("--force", action="store_true", help="make one though there is one")
    return parser


def _anybody(_visitor: Visitor) -> None:
    """Who runs a command comes from no address."""


def _no_trace() -> None:
    """A command is no part of a trace."""


if __name__ == "__main__":
    raise SystemExit(main())
