"""Fan-in: many pay one within hours; fan-out: one pays many. The first and second typology of AMLSim (IBM, 2018).

A shop is paid by many every day. What tells a collector from it is that the window holds most of those who ever paid:
so the longer the time that is looked at, the better the two are told apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analytics_service.reports.risk.finding import Edge, Finding, by, score_of
from analytics_service.reports.risk.pattern import Pattern
from analytics_service.reports.risk.windows import Party, runs
from analytics_service.reports.thresholds import Threshold, Values, large_enough, min_amount, share_of, window_hours

WINDOW = Threshold("window_hours", 24, 1, 24 * 31, "within so many hours")
LEAST_PARTIES = Threshold("parties", 10, 2, 10_000, "at least so many different others")
MIN_AMOUNT = min_amount(10_000)


def parties(values: Values) -> int:
    return values["parties"]


def _payer(edge: Edge) -> object:
    return edge.payer


def _payee(edge: Edge) -> object:
    return edge.payee


def find_in(edges: Sequence[Edge], values: Values) -> Iterator[Finding]:
    """Accounts that many paid."""
    for account, paid in by("payee", edges).items():
        for proof, share in _fans(paid, values, _payer):
            yield Finding("fan_in", account, _score(proof, share, values, _payer), proof)


def find_out(edges: Sequence[Edge], values: Values) -> Iterator[Finding]:
    """Accounts that paid many."""
    for account, paid in by("payer", edges).items():
        for proof, share in _fans(paid, values, _payee):
            yield Finding("fan_out", account, _score(proof, share, values, _payee), proof)


def _fans(edges: Sequence[Edge], values: Values, party: Party) -> Iterator[tuple[tuple[Edge, ...], int]]:
    """Of each busy stretch its busiest window, where it holds enough of all others; and how many, in percent."""
    everybody = len({party(edge) for edge in edges})
    for run in runs(edges, window_hours(values), party, values["parties"]):
        first, end, there = max(run, key=lambda window: (window[2], -window[0]))
        share = there * 100 // everybody
        if share >= values["share"]:
            yield tuple(edges[first:end]), share


def _score(proof: Sequence[Edge], share: int, values: Values, party: Party) -> int:
    return score_of(len({party(edge) for edge in proof}) * share, values["parties"] * 100)


FAN_IN = Pattern(
    name="fan_in",
    title="Fan-in",
    description="Many accounts pay one within hours, and hardly anybody pays it otherwise: money is being collected.",
    thresholds=(
        WINDOW,
        LEAST_PARTIES,
        share_of("in percent: of all who paid it, so many did then"),
        MIN_AMOUNT,
    ),
    side="payee_account",
    window_ms=window_hours,
    least=parties,
    counts=large_enough,
    background="counted",
    find=find_in,
)
FAN_OUT = Pattern(
    name="fan_out",
    title="Fan-out",
    description="One account pays many within hours, and hardly anybody otherwise: money is being spread.",
    thresholds=(
        WINDOW,
        LEAST_PARTIES,
        share_of("in percent: of all whom it paid, so many it paid then"),
        MIN_AMOUNT,
    ),
    side="payer_account",
    window_ms=window_hours,
    least=parties,
    counts=large_enough,
    background="counted",
    find=find_out,
)
