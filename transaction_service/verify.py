"""Prove the ledger from its journal: `python -m transaction_service.verify`.

Reads every record, rebuilds every balance and hash chain, holds the accounts against them, and prints the result as
JSON. Exits with 1 when anything is wrong. Reads only; run it while no writer writes, or repeat it: a transfer posted
between the two reads shows as drift.
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass

import orjson

from service_kit import mongo
from transaction_service.domain.replay import Replay
from transaction_service.settings import StoreSettings
from transaction_service.storage.collections import Collections
from transaction_service.storage.reading import MongoReader


@dataclass(frozen=True)
class Proof:
    """The result: `totals` per currency must be 0, `findings` empty."""

    head: int
    accounts: int
    totals: dict[str, int]
    problems: dict[str, int]
    findings: list[str]


def verify(reader: MongoReader) -> Proof:
    """Replay the journal and compare the accounts with it."""
    replay = Replay()
    for record in reader.each_record():
        replay.accept(record["_id"], record["command_id"], record["entries"])
    accounts = list(reader.each_account())
    totals = replay.compare(accounts)
    return Proof(replay.position, len(accounts), totals, dict(replay.problems), replay.findings)


def main() -> int:
    """The command: see the module's docstring."""
    settings = StoreSettings.from_env()
    client = mongo.connect(settings.mongo_url.get_secret_value(), "transaction-verify")
    proof = verify(MongoReader(Collections(client)))
    sys.stdout.write(orjson.dumps(asdict(proof), option=orjson.OPT_INDENT_2).decode() + "\n")
    return 1 if proof.findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
