"""How large what payees got was: exact quantiles, and a histogram.

A quantile is the smallest amount that at least that share of the parts don't exceed: the inverse of the empirical
distribution, type 1 of Hyndman and Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50
(1996). So it is an amount that was really paid, an integer, and the same however the lake is cut into files; sketches
aren't.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analytics_service.filters import Selection
from analytics_service.reports.report import Report, in_order

GROUP = ("currency", "type", "direction")
READS = frozenset({*GROUP, "status", "amount"})
PERCENTILES = {"p50": 50, "p95": 95, "p99": 99}
STEPS = np.array(sorted(step * 10**power for power in range(17) for step in (1, 2, 5)), dtype=np.int64)
"""Where the classes of the histogram begin, in minor units: 1, 2, 5, 10, 20, 50 and so on."""


def _counted(legs: pd.DataFrame, _selection: Selection) -> pd.DataFrame:
    posted = legs[legs["status"] == "posted"]
    return posted.assign(value=posted["amount"], parts=1)


def _classed(legs: pd.DataFrame, _selection: Selection) -> pd.DataFrame:
    posted = legs[legs["status"] == "posted"]
    return posted.assign(at_least=_class_of(posted["amount"], 0), below=_class_of(posted["amount"], 1), parts=1)


def _class_of(amounts: pd.Series, further: int) -> np.ndarray:
    return STEPS[np.searchsorted(STEPS, amounts.to_numpy(), side="right") - 1 + further]


def _quantiles(figures: pd.DataFrame, _selection: Selection, _limit: int) -> pd.DataFrame:
    """`figures` are in the order of the values, which are the last key."""
    groups = figures.groupby(list(GROUP), sort=True)
    answer = groups.agg(
        parts=("parts", "sum"), amount=("amount", "sum"), least=("value", "first"), most=("value", "last")
    )
    reached = groups["parts"].cumsum()
    of_all = groups["parts"].transform("sum")
    for name, percent in PERCENTILES.items():
        # reached / of_all >= percent / 100, without a fraction.
        enough = figures[reached * 100 >= of_all * percent]
        answer[name] = enough.groupby(list(GROUP), sort=True)["value"].first()
    return answer.reset_index()


AMOUNTS = Report(
    name="amounts",
    title="Amounts",
    description="How much payees got at a time: the smallest and the largest part, the median, and what 95 and 99 of "
    "100 don't exceed. Exact: each is an amount that was paid.",
    keys=(*GROUP, "value"),
    sums=("parts", "amount"),
    reads=READS,
    measure=_counted,
    present=_quantiles,
    answers=(*GROUP, "parts", "amount", "least", *PERCENTILES, "most"),
)
HISTOGRAM = Report(
    name="histogram",
    title="Histogram of amounts",
    description="How many parts lie in each class of amounts; classes begin at 1, 2, 5, 10, 20, 50 minor units and so "
    "on. A class that nothing lies in has no row.",
    keys=(*GROUP, "at_least", "below"),
    sums=("parts", "amount"),
    reads=READS,
    measure=_classed,
    present=in_order,
)
