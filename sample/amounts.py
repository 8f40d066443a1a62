"""How much people pay: a lognormal body with a Pareto tail.

Sums of everyday payments are close to lognormal; PaySim (Lopez-Rojas, Elmir and Axelsson, "PaySim: a financial mobile
money simulator for fraud detection", EMSS 2016) draws them from what was measured, AMLSim (Suzumura and Kanezashi,
2018) from a truncated normal distribution, and neither has the few very large ones. Those are Pareto's here, as in
Clauset, Shalizi and Newman, "Power-law distributions in empirical data", SIAM Review 51 (2009). What cuts the tail off
is the ledger's limits, and not this file. The parameters are chosen, not fitted.
"""

from __future__ import annotations

import numpy as np

MEDIAN = 1_800
"""Minor units."""
SIGMA = 1.0
TAIL_SHARE = 0.02
TAIL_FROM = 20_000
TAIL_ALPHA = 1.5
ROUND_SHARE = 0.3
"""So many prices are whole main units."""
MOST = 10_000_000


def payments(rng: np.random.Generator, count: int) -> np.ndarray:
    """Amounts in minor units, at least 1."""
    body = rng.lognormal(np.log(MEDIAN), SIGMA, count)
    tail = TAIL_FROM * (1 + rng.pareto(TAIL_ALPHA, count))
    amounts = np.where(rng.random(count) < TAIL_SHARE, tail, body)
    whole = np.where(rng.random(count) < ROUND_SHARE, np.round(amounts, -2), np.round(amounts))
    clipped: np.ndarray = np.clip(whole, 1, MOST).astype(np.int64)
    return clipped


def salaries(rng: np.random.Generator, activity: np.ndarray) -> np.ndarray:
    """Of each person, monthly, in minor units: who pays more often earns more, though not as much more."""
    earned = rng.lognormal(np.log(180_000), 0.35, len(activity)) * activity**0.7
    clipped: np.ndarray = np.clip(earned, 20_000, 1_500_000).astype(np.int64)
    return clipped
