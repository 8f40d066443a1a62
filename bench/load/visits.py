"""What people come for: each visit is some requests, with a while to think between an answer and the next."""

from typing import Literal

from bench.load.book import PAY

Act = Literal["pay", "balance", "history", "inbox", "report", "log_in", "sign_up"]
VISITS: dict[str, tuple[Act, ...]] = {
    "payment": ("balance", PAY),
    "quick": (PAY,),
    "return": ("log_in", "balance", PAY, "history"),
    "look": ("balance", "history", "inbox"),
    "figures": ("report",),
    "joining": ("sign_up", "log_in", "balance"),
}
MIX = {"payment": 70.0, "look": 18.0, "return": 6.0, "figures": 4.0, "joining": 2.0}
"""Of a hundred visits. Most people come to pay; few sign up on any one day."""
LOOKS = {
    "balance": "/v1/accounts",
    "history": "/v1/transfers",
    "inbox": "/v1/notifications",
    "report": "/v1/reports/totals",
}
"""What is only read, and where."""


def requests_a_visit(mix: dict[str, float]) -> float:
    """On average; KeyError for a kind of visit that there is not."""
    return sum(share * len(VISITS[name]) for name, share in mix.items()) / sum(mix.values())
