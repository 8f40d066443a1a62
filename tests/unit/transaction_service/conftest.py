"""A front over a ledger in memory with some people."""

from __future__ import annotations

import pytest

from tests.unit.transaction_service.fronts import LedgerInMemory, application
from tests.unit.transaction_service.ledgers import a_ledger


@pytest.fixture
def people() -> tuple[str, ...]:
    """Who has an account with EUR 1,000.00; a module may name others."""
    return ("ann", "bob")


@pytest.fixture
def memory(people) -> LedgerInMemory:
    return LedgerInMemory(a_ledger(*people))


@pytest.fixture
def front(memory):
    return application(memory).test_client()
