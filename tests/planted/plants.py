"""Which bug is put where, and which drill has to find it by which of its findings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.drills.writers import LEDGERS
from tests.planted import bugs


@dataclass(frozen=True)
class Plant:
    """`found`: parts of findings, of which one must be there, so that no other trouble counts.

    `rounds`: of a drill that repeats, since not every round meets the bug.
    """

    plant: Callable[[], None]
    processes: Sequence[str]
    module: str
    drill: str
    found: Sequence[str]
    rounds: int | None = None


LEDGER, INGESTER = "transaction_service.ledger", "analytics_service.ingester"
PLANTS = {
    "idempotency-off": Plant(
        bugs.idempotency_off, LEDGERS, LEDGER, "crash-writer-committed", ("transfers are doubled",)
    ),
    "ack-before-write": Plant(
        bugs.ack_before_write, LEDGERS, LEDGER, "kill-writer-rounds", ("accepted transfers are lost",), rounds=3
    ),
    "auto-commit-on": Plant(
        bugs.auto_commit_on,
        ("analytics-ingester",),
        INGESTER,
        "crash-ingester-taken",
        # What the lake lacks monitoring has published again after a while, and then that is the finding.
        ("positions are not in the lake", "had it published again"),
    ),
    "epoch-not-asserted": Plant(
        bugs.epoch_not_asserted,
        LEDGERS,
        LEDGER,
        "freeze-writer-rounds",
        # Where both write, the journal's positions, which are unique, refuse one of them: a fault that is answered 500.
        (f"these do: {list(LEDGERS)}", "answers were 500"),
        rounds=5,
    ),
}
