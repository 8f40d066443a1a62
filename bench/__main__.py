"""``python -m bench NAME``: run one benchmark of ours; without a name, or with several, one after the other."""

import argparse
import shlex
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console

from bench import (
    auth,
    batch,
    beside,
    delays,
    engines,
    every,
    footprint,
    frozen_broker,
    ingest,
    journal,
    ledger,
    live,
    metrics_cost,
    notified,
    overview,
    reads,
    relay,
    reports,
)
from bench.claims import Findings, print_claims
from bench.machine import Machine, revision
from bench.measurement import KEPT, LATEST, Measurement

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
    "relay": relay,
    "delays": delays,
    "broker": frozen_broker,
    "footprint": footprint,
}


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark that is named first; 0 when all of its claims hold."""
    options = _parser().parse_args(_with_name(arguments))
    # So that what a run has started ends with it: a plain SIGTERM would leave the textbook and the stack behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if options.name == "every":
        return every.run(options, tuple(BENCHMARKS))
    return _measure(options, arguments)


def _measure(options: argparse.Namespace, arguments: Sequence[str]) -> int:
    """Run it, print its claims, keep them; 0 when all hold."""
    machine, began = Machine.of_here(options.state), datetime.now(UTC)
    found = BENCHMARKS[options.name].run(options)
    findings = found if isinstance(found, Findings) else Findings(found)
    print_claims(Console(), options.name, findings.claims)
    measurement = Measurement(
        bench=options.name,
        measured_on=began.date().isoformat(),
        revision=revision(),
        command=_again(arguments),
        machine=machine,
        claims=findings.claims,
        listing=findings.listing,
    )
    for folder in (LATEST, KEPT) if options.record else (LATEST,):
        measurement.write(folder)
    return 0 if all(claim.holds for claim in findings.claims) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Benchmarks; bench/README.md says what each proves."
    )
    names = parser.add_subparsers(dest="name", required=True)
    modules = {"every": every, **BENCHMARKS}
    for name, module in modules.items():
        benchmark = names.add_parser(name, help=(module.__doc__ or "").splitlines()[0])
        module.add_arguments(benchmark)
        again = "measure also what this commit has measured already, as one that is named alone always is"
        benchmark.add_argument("--again", action="store_true", help=again)
        benchmark.add_argument("--record", action="store_true", help="keep the result in bench/measured as well")
        benchmark.add_argument("--state", default="", help='what else the machine does, such as "nothing else running"')
    return parser


def _with_name(arguments: Sequence[str]) -> list[str]:
    """`a,b` means `every --names a,b`, and no name means every one."""
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help")):
        return ["every", *arguments]
    if "," in arguments[0]:
        return ["every", "--names", *arguments]
    return list(arguments)


def _again(arguments: Sequence[str]) -> str:
    """The command without what only says where its result is kept."""
    kept = [word for word in arguments if word != "--record"]
    if "--state" in kept:
        place = kept.index("--state")
        del kept[place : place + 2]
    return shlex.join(["python", "-m", "bench", *kept])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
