"""The lake from the ledger's journal: `python -m analytics_service.backfill [--rebuild]`.

Without an option it fills what the lake lacks: after a loss, of what the topic no longer has, or of what went to the
dead letters. With `--rebuild` it makes a new lake beside the old one, says on which days they differ, and switches:
readers see the one, then the other, never a mixture. The ingester may go on in either case. Ended in the middle, it
goes on where it was when it is started again. Exits with 0 when done, also where the lakes differed, since the new one
is the journal's; with 2 where something could not be reached or read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pymongo.errors import PyMongoError

from analytics_service.ports import ConflictError, NotSetUpError
from analytics_service.ports.journal import JournalAwayError
from analytics_service.settings import BackfillSettings
from analytics_service.use_cases.filling import UnusableJournalError
from analytics_service.use_cases.rebuilding import Rebuilt
from analytics_service.wiring.backfill import Backfill
from service_kit.steps import steps

NOT_DONE = 2
SHOWN = 20


def main(arguments: Sequence[str]) -> int:
    """The command: see the module's docstring."""
    parser = argparse.ArgumentParser(
        prog="python -m analytics_service.backfill", description="The lake from the journal."
    )
    parser.add_argument("--rebuild", action="store_true", help="make all of it anew, beside the old one, and switch")
    options = parser.parse_args(arguments)
    settings = BackfillSettings.from_env()
    try:
        with steps() as shown, Backfill(settings, shown) as backfill:
            said = told(backfill.rebuild()) if options.rebuild else f"filled: {backfill.fill():,} positions\n"
    except (PyMongoError, OSError, JournalAwayError, UnusableJournalError, NotSetUpError, ConflictError) as error:
        sys.stderr.write(f"not done: {error}; start it again, and it goes on where it was\n")
        return NOT_DONE
    sys.stdout.write(said)
    return 0


def told(rebuilt: Rebuilt) -> str:
    """For people."""
    days, upto = f"{rebuilt.days:,} days", f"position {rebuilt.compared_upto:,}"
    lines = [f"rebuilt: {rebuilt.rows:,} rows of {days}, compared with the old lake up to {upto}"]
    if not rebuilt.differences:
        return f"{lines[0]}\nequal: the old lake had the same rows\n"
    lines.append(f"NOT EQUAL on {len(rebuilt.differences):,} days:")
    for each in rebuilt.differences[:SHOWN]:
        before = "a file lost" if each.old is None else f"{each.old.rows:,} rows"
        lines.append(f"  {each.day}: {before} before, {each.new.rows:,} rows now")
    more = len(rebuilt.differences) - SHOWN
    return "\n".join([*lines, *([f"  and {more:,} more"] * (more > 0))]) + "\n"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
