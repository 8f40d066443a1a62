"""Gives the services their users on a Redis that runs elsewhere; our own reads them from its ACL file."""

from __future__ import annotations

import redis

from stack.errors import StackError
from stack.secret_files import SecretFiles
from stack.server_config import redis_users


def prepare_redis_elsewhere(admin_url: str, secrets: SecretFiles) -> None:
    """Leaves every other user of that server as it is, the default one too."""
    try:
        with redis.Redis.from_url(admin_url, socket_timeout=5) as admin:
            for line in redis_users(secrets).splitlines():
                _, user, *rules = line.split()
                if user != "default":
                    admin.execute_command("ACL", "SETUSER", user, "reset", *rules)
    except redis.RedisError as error:
        raise StackError(f"REDIS_ADMIN_URL: {error}") from error
