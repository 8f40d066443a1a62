"""The generator of load as its command: its book agrees with the ledger, and all that it writes is there."""

import subprocess
import sys
from collections import Counter

import orjson

from bench.stacks import Platform
from stack.layout import ROOT

WISHES = {"rate": "10", "minutes": "0.1", "warm-up": "1", "people": "4", "think": "0.1", "mix": "quick=3,look=1"}


def test_the_book_of_a_short_load_is_the_ledger_s(platform: Platform) -> None:
    command = [sys.executable, "-m", "bench.load", "--stack", str(platform.directory)]
    command += [word for name, value in WISHES.items() for word in (f"--{name}", value)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    folder = platform.directory / "load"
    assert done.returncode == 0, done.stdout + done.stderr
    report = orjson.loads((folder / "load.json").read_bytes())
    book = [orjson.loads(line) for line in (folder / "book.jsonl").read_text().splitlines()]
    paid = Counter(entry["outcome"] for entry in book if entry["act"] == "pay")
    assert report["book"]["accepted"] == report["book"]["in_ledger"] == paid["accepted"] > 0
    assert "10 requests a second" in (folder / "load.html").read_text()
