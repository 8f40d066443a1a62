"""Prove the ledger from its journal: `python -m transaction_service.verify`, or one account with `--account ID`.

Reads every record, checks the hash chains, decides each record again by today's rules, and holds every account,
transfer and counter against what the journal says; also while a writer writes. Reads only. Exits with 0 where all is
sound, 1 with findings, 2 where the ledger couldn't be read.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict

import orjson
from pymongo.errors import PyMongoError

from service_kit import garbage, mongo
from service_kit.steps import steps
from transaction_service.proof import Proof, Prover, UnknownAccountError, prove_account
from transaction_service.settings import StoreSettings
from transaction_service.storage.collections import Collections
from transaction_service.storage.sweep import LedgerSweep, NotSetUpError

NOT_READ = 2


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; exits with 2 and a line that says what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m transaction_service.verify", description=__doc__)
    parser.add_argument("--account", metavar="ID", help="only this account, with the others of its owner")
    parser.add_argument("--no-decide", action="store_true", help="don't decide the records again, which takes longest")
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    return parser.parse_args(arguments)


def prove(ledger: LedgerSweep, options: argparse.Namespace) -> Proof:
    """The proof that the options ask for."""
    with steps() as shown:
        if options.account:
            return prove_account(ledger, options.account, shown)
        return Prover(ledger, shown, time.monotonic, decide=not options.no_decide).prove()


def as_text(proof: Proof) -> str:
    """For people."""
    sums = ", ".join(f"{currency} {total}" for currency, total in sorted(proof.totals.items()))
    lines = [f"read up to position {proof.head:,}; accounts {proof.accounts:,}{f'; sums: {sums}' if sums else ''}"]
    total = sum(proof.problems.values())
    if not total:
        return "\n".join([*lines, "sound: nothing differs from the journal"]) + "\n"
    counts = ", ".join(f"{kind} {count:,}" for kind, count in sorted(proof.problems.items()))
    lines += [f"NOT SOUND: {counts}", *(f"  {finding}" for finding in proof.findings)]
    return (
        "\n".join([*lines, *([f"  and {total - len(proof.findings):,} more"] * (total > len(proof.findings)))]) + "\n"
    )


def main(arguments: Sequence[str]) -> int:
    """The command: see the module's docstring."""
    options = parsed(arguments)
    settings = StoreSettings.from_env()
    garbage.leave_alone_what_stays()
    try:
        with mongo.connect(settings.mongo_url.get_secret_value(), "transaction-verify") as client:
            proof = prove(LedgerSweep(Collections(client)), options)
    except (PyMongoError, NotSetUpError, UnknownAccountError) as error:
        sys.stderr.write(f"not verified: {error}\n")
        return NOT_READ
    sys.stdout.write(orjson.dumps(asdict(proof)).decode() + "\n" if options.json else as_text(proof))
    return 1 if proof.problems else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
