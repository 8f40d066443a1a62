"""The proof for machines, as proof.json, and for people, as a table."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from stack.proof import Proof

_MEANINGS = {
    "accepted": "answers 2xx, by the sender's own book: the sum of the next six",
    "posted": "in the ledger's journal, at once",
    "held": "in the journal, until captured, voided or run out",
    "scheduled": "in the journal, to be decided later",
    "captured": "holds that were taken, in the journal",
    "voided": "holds and scheduled transfers called off, in the journal",
    "refunded": "payments back, in the journal",
    "unasked": "what the platform did when its moment came: holds run out, scheduled transfers decided",
    "rejected": "decided against, in the journal",
    "replayed": "repeats by the same key that moved nothing again",
    "refused": "malformed requests, nothing written",
    "published": "journal positions of this run on the Kafka topic",
    "published_twice": "positions on the topic more than once",
    "notified_exactly_once": "of the accepted: with one notification for everybody concerned",
    "rejections_notified_once": "rejected, with one notification for the payer",
    "in_lake": "journal positions of this run in the lake, once and with each payee's amount",
    "money_created": "minor units; the sum over all accounts must be 0",
    "seconds": "sign-ups, transfers and reading all this back",
}


def write_proof(path: Path, proof: Proof) -> None:
    """JSON for machines."""
    path.write_text(json.dumps(asdict(proof), indent=2) + "\n", encoding="utf-8")


def print_proof(console: Console, proof: Proof) -> None:
    """A table for people, and every disagreement by name."""
    table = Table(title="proof", title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_column(style="dim")
    for name, meaning in _MEANINGS.items():
        table.add_row(name, f"{getattr(proof, name):,}", meaning)
    verdict = "[green]everything agrees[/]" if proof.agrees else "[red]DISAGREES[/]"
    table.add_row("agrees", "yes" if proof.agrees else "no", verdict)
    console.print(table)
    for disagreement in proof.disagreements:
        console.print(f"[red]disagreement:[/] {disagreement}")
