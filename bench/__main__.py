"""``python -m bench NAME``: run one benchmark of ours."""

import argparse
import signal
import sys

from bench import (
    auth,
    batch,
    beside,
    engines,
    ingest,
    journal,
    ledger,
    live,
    metrics_cost,
    notified,
    overview,
    reads,
    reports,
)

BENCHMARKS = {
    "ledger": ledger,
    "batch": batch,
    "reads": reads,
    "journal": journal,
    "auth": auth,
    "live": live,
    "metrics": metrics_cost,
    "notified": notified,
    "ingest": ingest,
    "reports": reports,
    "engines": engines,
    "overview": overview,
    "beside": beside,
}


def main(arguments: list[str]) -> int:
    """Run the benchmark that is named first; 0 when all of its claims hold."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Benchmarks; bench/README.md says what each proves."
    )
    names = parser.add_subparsers(dest="name", required=True)
    for name, benchmark in BENCHMARKS.items():
        benchmark.add_arguments(names.add_parser(name, help=(benchmark.__doc__ or "").splitlines()[0]))
    options = parser.parse_args(arguments)
    # So that what a run has started ends with it: a plain SIGTERM would leave the textbook and the stack behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    return BENCHMARKS[options.name].run(options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
