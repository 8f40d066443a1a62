"""What a process says of itself at /metrics."""

from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from prometheus_client.parser import text_string_to_metric_families

TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Histogram:
    """How many were at most each edge, by the edge; the last one is infinity."""

    upto: Mapping[float, float]

    def since(self, earlier: "Histogram") -> "Histogram":
        """What came between the two."""
        return Histogram({edge: count - earlier.upto.get(edge, 0.0) for edge, count in self.upto.items()})

    def quantile(self, share: float) -> float:
        """The value that ``share`` of them do not exceed, taken as even within its bucket; infinity beyond the last.

        Raises ValueError where there are none.
        """
        edges = sorted(self.upto)
        total = self.upto[edges[-1]] if edges else 0
        if not total:
            raise ValueError("an empty histogram has no quantile")
        low, below = 0.0, 0.0
        for edge in edges:
            if self.upto[edge] >= share * total:
                within = self.upto[edge] - below
                return edge if edge == float("inf") else low + (edge - low) * (share * total - below) / within
            low, below = edge, self.upto[edge]
        return float("inf")


class Scrape:
    """All figures of a process at one moment. Raises httpx.HTTPError."""

    def __init__(self, url: str) -> None:
        text = httpx.get(f"{url}/metrics", timeout=TIMEOUT_S).raise_for_status().text
        self._samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]

    def total(self, name: str, **labels: tuple[str, ...]) -> float:
        """The sum over a metric's series, of those whose labels have one of the values."""
        return sum(
            sample.value
            for sample in self._samples
            if sample.name == name and all(sample.labels[label] in values for label, values in labels.items())
        )

    def histogram(self, name: str) -> Histogram:
        """The histogram of that name, over all of its series."""
        upto: dict[float, float] = {}
        for sample in self._samples:
            if sample.name == f"{name}_bucket":
                edge = float(sample.labels["le"])
                upto[edge] = upto.get(edge, 0.0) + sample.value
        return Histogram(upto)
