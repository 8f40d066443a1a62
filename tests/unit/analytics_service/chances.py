"""Journals by chance, as Hypothesis draws them: every type, status and shape of a transfer, at awkward moments."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from analytics_service.filters import Selection
from contracts.moments import rfc3339
from tests.unit.analytics_service.lakes import an_id, user

PEOPLE = ("ann", "bob", "cleo", "dan")
CURRENCIES = ("EUR", "JPY")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Africa/Cairo", "America/Havana")
"""With clocks that are set at two in the morning, at midnight, or not at all, and one that is 5:45 ahead."""
AWKWARD = tuple(
    datetime.fromisoformat(text).replace(tzinfo=UTC)
    for text in (
        "2028-03-26T01:00",  # Berlin goes forward,
        "2028-10-29T01:00",  # and back;
        "2028-03-12T07:00",  # New York goes forward,
        "2028-11-05T06:00",  # and back.
        "2028-04-27T22:00",  # Cairo has no midnight.
        "2028-11-05T05:00",  # Havana has two.
        "2028-02-29T00:00",
        "2028-03-01T00:00",
        "2028-12-31T23:00",
        "2027-01-01T00:00",  # A Friday, still in the last week of 2026.
        "2028-04-30T22:00",
    )
)
MOMENTS = st.builds(
    lambda around, seconds: around + timedelta(seconds=seconds),
    st.sampled_from(AWKWARD),
    st.sampled_from((-86_400, -7_200, -3_600, -1_801, -1, 0, 0, 1, 1_799, 3_599, 3_600, 7_201, 86_399)),
)
ENDS = ("posted",) * 6 + ("rejected", "rejected", "pending", "voided", "expired", "scheduled")
AMOUNTS = st.one_of(st.sampled_from((1, 2, 5, 100, 1_999, 2_000, 2**51)), st.integers(1, 10**6))
DRAWN = st.fixed_dictionaries(
    {
        "status": st.sampled_from(ENDS),
        "type": st.sampled_from(("payment",) * 4 + ("grant", "deposit", "withdrawal", "refund", "reversal")),
        "payer": st.sampled_from(PEOPLE),
        "payees": st.lists(st.sampled_from((*PEOPLE, "savings")), min_size=1, max_size=3, unique=True),
        "amounts": st.lists(AMOUNTS, min_size=3, max_size=3),
        "currency": st.sampled_from(CURRENCIES),
        "origin": st.sampled_from(("user", "user", "demo", "probe")),
        "at": MOMENTS,
    }
)


def journals(min_size: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Of so many transfers at least, and twenty at most."""
    return st.lists(DRAWN, min_size=min_size, max_size=20).map(lambda drawn: a_journal(drawn))


JOURNALS = journals(0)


def selections(**fixed: Any) -> st.SearchStrategy[Selection]:
    """Any filter, each of its parts set or not."""
    choices = {
        "currency": ((), (), ("EUR",), ("EUR", "JPY")),
        "type": ((), (), ("payment",), ("payment", "refund")),
        "status": ((), (), ("posted",), ("pending", "posted", "rejected")),
        "reason": ((), (), (), ("limit_exceeded", "unknown_payee")),
        "origin": ((), (), ("user",), ("demo", "user")),
        "amount_min": (None, None, None, 2, 2_000),
        "amount_max": (None, None, None, 1_999, 10**6),
        "counterparty": (None, None, None, account_of("bob", "EUR"), user("ann"), "world:EUR"),
        "transfer": (None, None, None, None, an_id(3)),
        "text": (None, None, None, "ACCOUNT-b", "limit", "0000000012"),
        "from_": (None, *AWKWARD[:3]),
        "to": (None, AWKWARD[-1], AWKWARD[3]),
        "after": (None, None, 5),
        "upto": (None, None, 15),
        "zone": (None, *ZONES),
        "account": (None, None, *(account_of(person, "EUR") for person in ("ann", "savings"))),
        "user_id": (None, user("ann"), user("bob")),
    }
    drawn = {name: st.sampled_from(values) for name, values in choices.items() if name not in fixed}
    return st.builds(Selection, **drawn, **{name: st.just(value) for name, value in fixed.items()})


def account_of(person: str | None, currency: str) -> str:
    """`savings` is ann's other account; nobody's is the world's."""
    return f"world:{currency}" if person is None else f"account-{person}-{currency}"


def a_journal(drawn: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events whose balances are those that their amounts lead to; nobody asks whether anybody could afford it."""
    balances: Counter[str] = Counter()
    return [_event(position, balances, **values) for position, values in enumerate(drawn, 1)]


def _event(
    position: int, balances: Counter[str], *, status: str, type: str, at: datetime, **drawn: Any
) -> dict[str, Any]:
    if status not in ("posted", "rejected"):
        type = "payment"
    payer, payees, amounts = drawn["payer"], [p for p in drawn["payees"] if p != drawn["payer"]], drawn["amounts"]
    if type in ("grant", "deposit"):
        payer = None
    elif type == "withdrawal":
        payees = [None]
    elif type != "payment":
        payees = payees[:1]
    parts = list(zip(payees or ["savings"], amounts, strict=False))
    total, currency = sum(amount for _, amount in parts), drawn["currency"]

    def party(person: str | None, change: int) -> dict[str, Any]:
        name = account_of(person, currency)
        if status == "posted":
            balances[name] += change
        return {
            "account": name,
            "user_id": None if person is None else user("ann" if person == "savings" else person),
            "balance_after": balances[name] if status == "posted" else None,
            "origin": "world" if person is None else drawn["origin"],
        }

    transfer = {
        "id": an_id(position),
        "type": type,
        "status": status,
        "reason": "limit_exceeded" if status == "rejected" else None,
        "original": an_id(1) if type in ("refund", "reversal") else None,
        "amount": total,
        "currency": currency,
        "payer": party(payer, -total),
        "payees": [{**party(person, amount), "amount": amount} for person, amount in parts],
    }
    # A hold tells its payees, a scheduled transfer doesn't; what was voided may have been either.
    if status in ("pending", "expired") or (status == "voided" and position % 2):
        transfer["expires_at"] = rfc3339(at)
    elif status in ("scheduled", "voided"):
        transfer["execute_at"] = rfc3339(at)
    given_back = status == "posted" and type in ("refund", "reversal")
    return {
        "event_id": an_id(position),
        "type": "transfer.refunded" if given_back else f"transfer.{status}",
        "position": position,
        "occurred_at": rfc3339(at),
        "transfer": transfer,
    }
