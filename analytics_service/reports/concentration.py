"""How evenly what was moved is spread over those who moved it.

- The share of the largest hundredth: `top_amount` of `amount`.
- Gini coefficient, in millionths: G = 2 * sum(i * x_i) / (n * sum(x_i)) - (n + 1) / n, the x_i in ascending order
  (Damgaard and Weiner, "Describing inequality in plant size or fecundity", Ecology 81 (2000)).
- Herfindahl-Hirschman index: the sum of the squares of the shares in percent, 0 to 10,000, as the US Department of
  Justice and the FTC use it (Merger Guidelines, 2023, section 2.1).

All are computed with integers of any size and rounded down.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analytics_service.filters import Selection
from analytics_service.reports.parties import PAYEES, PAYERS, moved_by
from analytics_service.reports.report import Report

GROUP = ("currency", "type", "side")
FIGURES = ("accounts", "amount", "top_accounts", "top_amount", "gini_ppm", "hhi")


def _measure(legs: pd.DataFrame, selection: Selection) -> pd.DataFrame:
    sides = {"payees": PAYEES, "payers": PAYERS}
    moved = [moved_by(side, legs, selection).assign(side=name) for name, side in sides.items()]
    return pd.concat([side[[*GROUP, "account", "amount"]] for side in moved])


def _present(figures: pd.DataFrame, _selection: Selection, _limit: int) -> pd.DataFrame:
    groups = figures.groupby(list(GROUP), sort=True)["amount"]
    rows = [(*key, *concentration(sorted(amounts.tolist()))) for key, amounts in groups]
    return pd.DataFrame(rows, columns=[*GROUP, *FIGURES])


def concentration(amounts: Sequence[int]) -> tuple[int, ...]:
    """The FIGURES of positive amounts in ascending order."""
    n, total = len(amounts), sum(amounts)
    top = -(-n // 100)
    weighted = sum(rank * amount for rank, amount in enumerate(amounts, 1))
    gini = (2 * weighted - (n + 1) * total) * 1_000_000 // (n * total)
    hhi = sum(amount * amount for amount in amounts) * 10_000 // (total * total)
    return n, total, top, sum(amounts[-top:]), gini, hhi


CONCENTRATION = Report(
    name="concentration",
    title="Concentration",
    description="How evenly the amount is spread over payers and over payees: what the largest hundredth of the "
    "accounts moved, the Gini coefficient, the Herfindahl-Hirschman index.",
    keys=(*GROUP, "account"),
    sums=("amount",),
    reads=frozenset(
        {"currency", "type", "direction", "status", "amount", "counted_by_direction", "payer_account", "payee_account"}
    ),
    measure=_measure,
    present=_present,
    answers=(*GROUP, *FIGURES),
)
