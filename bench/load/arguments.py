"""What the command `python -m bench.load` may be asked for."""

import argparse
import math

from bench.load.visits import MIX, VISITS


def parser(description: str) -> argparse.ArgumentParser:
    """Refuses what cannot be, before anything is sent."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=description)
    parser.add_argument("--rate", type=_positive, default=50.0, help="requests a second, on average (default 50)")
    parser.add_argument("--minutes", type=_positive, default=1.0, help="that are measured (default 1)")
    parser.add_argument("--warm-up", type=_not_negative, default=5.0, help="seconds before them (default 5)")
    parser.add_argument("--people", type=_two_or_more, default=100, help="who come, besides newcomers (default 100)")
    parser.add_argument("--arrivals", choices=("poisson", "constant"), default="poisson")
    parser.add_argument("--payees", choices=("uniform", "hot", "heavy"), default="heavy", help="how they are chosen")
    parser.add_argument("--think", type=_not_negative, default=1.0, help="seconds to the next request (default 1)")
    told = ", ".join(f"{name}: {' '.join(acts)}" for name, acts in VISITS.items())
    usual = ",".join(f"{name}={share:g}" for name, share in MIX.items())
    parser.add_argument("--mix", type=_mix, default=MIX, help=f"of visits (default {usual}); {told}")
    parser.add_argument("--timeout", type=_positive, default=10.0, help="seconds until it is sent again (default 10)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--stack", metavar="DIR", help="the stack's folder (default STACK_DIR, else .stack)")
    return parser


def _positive(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def _not_negative(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and value >= 0):
        raise argparse.ArgumentTypeError(f"{text} is below 0")
    return value


def _two_or_more(text: str) -> int:
    if int(text) < 2:
        raise argparse.ArgumentTypeError("nobody pays themselves: two people at least")
    return int(text)


def _mix(text: str) -> dict[str, float]:
    mix = {name: _positive(share) for name, _, share in (part.partition("=") for part in text.split(","))}
    if unknown := set(mix) - set(VISITS):
        raise argparse.ArgumentTypeError(f"no such visit: {', '.join(sorted(unknown))}")
    return mix
