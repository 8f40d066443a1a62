"""``python -m bench NAME``: run one benchmark of ours."""

import argparse
import sys

from bench import ledger

BENCHMARKS = {"ledger": ledger}


def main(arguments: list[str]) -> int:
    """Run the benchmark that is named first; 0 when all of its claims hold."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Benchmarks; bench/README.md says what each proves."
    )
    names = parser.add_subparsers(dest="name", required=True)
    for name, benchmark in BENCHMARKS.items():
        benchmark.add_arguments(names.add_parser(name, help=(benchmark.__doc__ or "").splitlines()[0]))
    options = parser.parse_args(arguments)
    return BENCHMARKS[options.name].run(options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
