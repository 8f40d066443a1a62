"""Whatever the tests have done to it, the ledger of the running platform proves sound."""

from collections.abc import Callable

from bench.stacks import Platform
from tests.drills.verification import broken
from tests.e2e.api_client import Client

BEYOND_32_BITS = 10_000_000_000


def test_a_running_ledger_is_sound_also_after_a_payment_of_a_hundred_million(
    platform: Platform, member: Callable[[], Client]
) -> None:
    payer, payee = member(), member()
    assert payer.send(payee.username, BEYOND_32_BITS).status_code == 422

    assert broken(platform) == []
