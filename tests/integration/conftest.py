"""Where the real servers are. Integration tests never skip: without servers they fail and say what to do.

Either TEST_* variables name them, or STACK_DIR names a stack that runs. A stack is never guessed: these tests write,
and the one in `.stack` may be somebody's.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from stack.errors import StackError
from stack.running import Stack
from stack.secret_files import SecretFiles


def from_test_servers(variable: str, of_stack: Callable[[Stack], str]) -> str:
    """The value of `variable`, else what `of_stack` finds in the stack of STACK_DIR; fails where there is neither."""
    value = os.environ.get(variable)
    if value:
        return value
    if not os.environ.get("STACK_DIR"):
        pytest.fail(f"neither {variable} nor STACK_DIR is set: run `make test`, which starts servers", pytrace=False)
    try:
        return of_stack(Stack.load())
    except StackError as error:
        pytest.fail(f"{variable} is not set, and the stack in STACK_DIR can't tell: {error}", pytrace=False)


def _web_variable(service: str, name: str) -> Callable[[Stack], str]:
    return lambda stack: stack.env(f"{service.removesuffix('_service')}-web")[name]


@pytest.fixture(scope="session")
def kafka_bootstrap() -> str:
    """host:port of the test broker (TEST_KAFKA_BOOTSTRAP_SERVERS)."""
    return from_test_servers("TEST_KAFKA_BOOTSTRAP_SERVERS", lambda stack: stack.address("kafka"))


@pytest.fixture(scope="session")
def mongo_url() -> Callable[[str], str]:
    """Gives the MongoDB URL of auth_service or transaction_service (TEST_MONGO_URL_AUTH_SERVICE...)."""
    return lambda service: from_test_servers(f"TEST_MONGO_URL_{service.upper()}", _web_variable(service, "MONGO_URL"))


@pytest.fixture(scope="session")
def redis_url() -> Callable[[str], str]:
    """Gives the Redis URL of auth_service or transaction_service (TEST_REDIS_URL_AUTH_SERVICE...)."""
    return lambda service: from_test_servers(f"TEST_REDIS_URL_{service.upper()}", _web_variable(service, "REDIS_URL"))


@pytest.fixture(scope="session")
def mongo_admin_url() -> str:
    """The MongoDB URL of somebody who may do everything (TEST_MONGO_ADMIN_URL): who edits what no service can."""
    return from_test_servers("TEST_MONGO_ADMIN_URL", _admin_url)


def _admin_url(stack: Stack) -> str:
    password = SecretFiles(stack.layout.secrets)["mongo-admin"]
    return f"mongodb://admin:{password}@{stack.address('mongod')}/?authSource=admin&directConnection=true"
