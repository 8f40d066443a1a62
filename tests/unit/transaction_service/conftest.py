"""A front over a ledger in memory with ann and bob."""

from __future__ import annotations

import pytest

from tests.unit.transaction_service.fronts import LedgerInMemory, application
from tests.unit.transaction_service.ledgers import a_ledger


@pytest.fixture
def memory() -> LedgerInMemory:
    return LedgerInMemory(a_ledger("ann", "bob"))


@pytest.fixture
def front(memory):
    return application(memory).test_client()
