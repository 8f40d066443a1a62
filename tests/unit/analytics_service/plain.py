"""Every report once more, in plain Python over events: slow, short, and written without a look at the other one.

Nothing of analytics_service is used but the names of the filters.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from analytics_service.filters import Selection

Row = dict[str, Any]
Legs = list[Row]
REPORTS: dict[str, Callable[[Legs, Selection, int], list[Row]]] = {}


def figures(name: str, events: Iterable[Row], selection: Selection, limit: int = 10) -> list[Row]:
    """The rows of a report over all of a journal's events."""
    return REPORTS[name](legs_of(events), selection, limit)


def legs_of(events: Iterable[Row]) -> Legs:
    """One for each payee of each event of a transfer, with the event's position and time."""
    legs = []
    for event in events:
        if "transfer" not in event:
            continue
        transfer = event["transfer"]
        payer, payees = transfer["payer"], transfer["payees"]
        shared = {name: transfer[name] for name in ("type", "status", "reason", "currency")} | {
            "position": event["position"],
            "at": datetime.fromisoformat(event["occurred_at"]),
            "id": transfer["id"],
            "event_id": event["event_id"],
            "original": transfer.get("original"),
            "origin": payees[0]["origin"] if payer["origin"] == "world" else payer["origin"],
            "held": transfer.get("expires_at") is not None,
            "payer": payer,
        }
        legs += [{**shared, "payee": payee, "amount": payee["amount"]} for payee in payees]
    return legs


def selected(legs: Legs, selection: Selection) -> Legs:
    """Those that the filter passes, with `way` as the person sees it."""
    return [{**leg, "way": way_of(leg, selection.user_id)} for leg in legs if passes(leg, selection)]


def passes(leg: Row, wanted: Selection) -> bool:
    person, accounts = wanted.user_id, (leg["payer"]["account"], leg["payee"]["account"])
    told = leg["status"] == "posted" or leg["held"]
    is_attempt = leg["type"] in ("capture", "void")
    return (
        all(
            not getattr(wanted, name) or leg[name] in getattr(wanted, name)
            for name in ("currency", "type", "status", "reason", "origin")
        )
        and (wanted.amount_min or 0) <= leg["amount"] <= (2**53 if wanted.amount_max is None else wanted.amount_max)
        and wanted.transfer in (None, leg["id"])
        and (wanted.text is None or any(holds(str(text), wanted.text) for text in texts_of(leg)))
        and (wanted.counterparty is None or wanted.counterparty in faced(leg, wanted))
        and (wanted.from_ is None or leg["at"] >= wanted.from_)
        and (wanted.to is None or leg["at"] < wanted.to)
        and (wanted.after or 0) < leg["position"]
        and (wanted.upto is None or leg["position"] <= wanted.upto)
        and (wanted.account is None or wanted.account in accounts)
        and (
            person is None
            or (leg["payer"]["user_id"] == person and not is_attempt)
            or (leg["payee"]["user_id"] == person and told)
        )
    )


def texts_of(leg: Row) -> list[Any]:
    """All that is written in what is shown of it."""
    names = ("event_id", "id", "original", "type", "status", "reason", "currency", "origin")
    texts = [*(leg[name] for name in names), leg["payer"]["account"], leg["payee"]["account"]]
    return [text for text in texts if text is not None]


def holds(text: str, part: str) -> bool:
    return any(text[at : at + len(part)].casefold() == part.casefold() for at in range(len(text)))


def faced(leg: Row, wanted: Selection) -> set[Any]:
    """Who is across from who asks, by account and user: the payer of a payee, the payee of a payer."""
    point = ("account", wanted.account) if wanted.account else ("user_id", wanted.user_id)
    return {
        name
        for one, other in (("payer", "payee"), ("payee", "payer"))
        for name in (leg[other]["account"], leg[other]["user_id"])
        if point[1] in (None, leg[one][point[0]])
    }


def way_of(leg: Row, person: str | None) -> str:
    if person is None:
        return "all"
    pays, gets = leg["payer"]["user_id"] == person, leg["payee"]["user_id"] == person
    return "own" if pays and gets else "out" if pays else "in"


def report(*names: str) -> Callable[[Any], Any]:
    def known(function: Any) -> Any:
        for name in names:
            REPORTS[name] = partial(function, name)
        return function

    return known


# -- when ---------------------------------------------------------------------------------------------------------


def local(at: datetime, selection: Selection) -> datetime:
    return at.astimezone(ZoneInfo(selection.zone or "UTC"))


def period(at: datetime, unit: str, selection: Selection) -> tuple[datetime, str]:
    """The first moment of a period in UTC, and what it is called."""
    clock = local(at, selection)
    if unit in ("minute", "hour"):
        past = timedelta(minutes=0 if unit == "minute" else clock.minute, seconds=clock.second)
        start = at - past - timedelta(microseconds=clock.microsecond)
        return start, local(start, selection).isoformat(timespec="minutes")
    day = clock.date()
    if unit == "week":
        day -= timedelta(days=day.weekday())
    if unit == "month":
        day = day.replace(day=1)
    start = datetime(day.year, day.month, day.day, tzinfo=clock.tzinfo).astimezone(UTC)
    year, week, _ = day.isocalendar()
    return start, {"day": day.isoformat(), "week": f"{year}-W{week:02}", "month": day.isoformat()[:7]}[unit]


# -- how much -----------------------------------------------------------------------------------------------------


def summed(legs: Legs, key: Callable[[Row], tuple[Any, ...]]) -> dict[tuple[Any, ...], Row]:
    """Posted, rejected and amount by key, currency, type and way; of several payees a transfer counts once a way."""
    sums: dict[tuple[Any, ...], Row] = {}
    for leg in legs:
        if leg["status"] not in ("posted", "rejected"):
            continue
        group = (*key(leg), leg["currency"], leg["type"], leg["way"])
        row = sums.setdefault(group, {"posted": set(), "rejected": set(), "amount": 0})
        row[leg["status"]].add(leg["position"])
        row["amount"] += leg["amount"] if leg["status"] == "posted" else 0
    return {
        group: {"posted": len(row["posted"]), "rejected": len(row["rejected"]), "amount": row["amount"]}
        for group, row in sorted(sums.items())
    }


@report("totals")
def totals(_name: str, legs: Legs, selection: Selection, _limit: int) -> list[Row]:
    return [
        {"currency": currency, "type": type, "direction": way, **sums}
        for (currency, type, way), sums in summed(selected(legs, selection), lambda leg: ()).items()
    ]


@report("per_minute", "per_hour", "per_day", "per_week", "per_month")
def per_period(name: str, legs: Legs, selection: Selection, _limit: int) -> list[Row]:
    unit = name.removeprefix("per_")
    sums = summed(selected(legs, selection), lambda leg: period(leg["at"], unit, selection))
    return [
        {"start": start, "period": called, "currency": currency, "type": type, "direction": way, **row}
        for (start, called, currency, type, way), row in sums.items()
    ]


@report("hours_of_week")
def hours_of_week(_name: str, legs: Legs, selection: Selection, _limit: int) -> list[Row]:
    def hour(leg: Row) -> tuple[int, int]:
        clock = local(leg["at"], selection)
        return clock.isoweekday(), clock.hour

    return [
        {"weekday": day, "hour": hour, "currency": currency, "type": type, "direction": way, **row}
        for (day, hour, currency, type, way), row in summed(selected(legs, selection), hour).items()
    ]


@report("outcomes")
def outcomes(_name: str, legs: Legs, selection: Selection, _limit: int) -> list[Row]:
    found = defaultdict(set)
    for leg in selected(legs, selection):
        if leg["status"] not in ("pending", "scheduled"):
            found[leg["type"], leg["status"], leg["reason"]].add(leg["position"])
    rows = [
        {"type": type, "status": status, "reason": reason, "transfers": len(positions)}
        for (type, status, reason), positions in found.items()
    ]
    return sorted(rows, key=lambda row: (row["type"], row["status"], -row["transfers"], row["reason"] or ""))


# -- how large ----------------------------------------------------------------------------------------------------


def parts_of(legs: Legs, selection: Selection) -> dict[tuple[str, str, str], list[int]]:
    parts = defaultdict(list)
    for leg in posted(legs, selection):
        parts[leg["currency"], leg["type"], leg["way"]].append(leg["amount"])
    return {group: sorted(amounts) for group, amounts in sorted(parts.items())}


def posted(legs: Legs, selection: Selection) -> Legs:
    return [leg for leg in selected(legs, selection) if leg["status"] == "posted"]


@report("amounts")
def amounts(_name: str, legs: Legs, selection: Selection, _limit: int) -> list[Row]:
    def quantile(parts: list[int], percent: int) -> int:
        return next(part for n, part in enumerate(parts, 1) if Fraction(n, len(parts)) >= Fraction(percent, 100))

    return [
        {"currency": group[0], "type": group[1], "direction": group[2], "parts": len(parts), "amount": sum(parts)}
        | {"least": min(parts), "p50": quantile(parts, 50), "p95": quantile(parts, 95), "p99": quantile(parts, 99)}
        | {"most": max(parts)}
        for group, parts in parts_of(legs, selection).items()
    ]


@report("histogram")
def histogram(_name: str, legs: Legs, selection: Selection, _limit: int) -> list[Row]:
    rows = []
    for (currency, type, way), parts in parts_of(legs, selection).items():
        for at_least, below in CLASSES:
            inside = [part for part in parts if at_least <= part < below]
            if inside:
                rows.append(
                    {"currency": currency, "type": type, "direction": way, "at_least": at_least, "below": below}
                    | {"parts": len(inside), "amount": sum(inside)}
                )
    return rows


CLASSES = [(first * 10**n, then * 10**n) for n in range(16) for first, then in ((1, 2), (2, 5), (5, 10))]


# -- who ----------------------------------------------------------------------------------------------------------


def moved_by(side: str, legs: Legs, selection: Selection) -> dict[tuple[str, str, str], Row]:
    """Of the payers, or of the payees, who aren't the person themselves: how often and how much."""
    found: dict[tuple[str, str, str], Row] = {}
    for leg in posted(legs, selection):
        if leg["way"] == ("out" if side == "payer" else "in"):
            continue
        row = found.setdefault((leg["currency"], leg["type"], leg[side]["account"]), {"times": [], "amount": 0})
        row["times"].append(leg["position"])
        row["amount"] += leg["amount"]
    return {
        key: {"transfers": len(set(row["times"]) if side == "payer" else row["times"]), "amount": row["amount"]}
        for key, row in found.items()
    }


@report("top_payers", "top_payees")
def top(name: str, legs: Legs, selection: Selection, limit: int) -> list[Row]:
    moved = moved_by(name.removeprefix("top_")[:-1], legs, selection)
    rows = [
        {"currency": currency, "type": type, "account": account, **row}
        for (currency, type, account), row in moved.items()
    ]
    rows.sort(key=lambda row: (row["currency"], row["type"], -row["amount"], row["account"]))
    return first_of_each(rows, limit, "currency", "type")


def first_of_each(rows: list[Row], limit: int, *kind: str) -> list[Row]:
    seen: Counter[tuple[Any, ...]] = Counter()
    kept = []
    for row in rows:
        key = tuple(row[name] for name in kind)
        seen[key] += 1
        if seen[key] <= limit:
            kept.append(row)
    return kept


@report("concentration")
def concentration(_name: str, legs: Legs, selection: Selection, _limit: int) -> list[Row]:
    groups = defaultdict(list)
    for side in ("payee", "payer"):
        for (currency, type, _), row in moved_by(side, legs, selection).items():
            groups[currency, type, f"{side}s"].append(row["amount"])
    rows = []
    for (currency, type, side), moved in sorted(groups.items()):
        n, total = len(moved), sum(moved)
        largest = sorted(moved)[-math.ceil(n / 100) :]
        # By the mean difference, another formula than the report's.
        gini = Fraction(sum(abs(one - other) for one in moved for other in moved), 2 * n * total)
        hhi = sum(Fraction(100 * one, total) ** 2 for one in moved)
        rows.append(
            {"currency": currency, "type": type, "side": side, "accounts": n, "amount": total}
            | {"top_accounts": len(largest), "top_amount": sum(largest)}
            | {"gini_ppm": math.floor(gini * 1_000_000), "hhi": math.floor(hhi)}
        )
    return rows


@report("counterparties")
def counterparties(_name: str, legs: Legs, selection: Selection, limit: int) -> list[Row]:
    found: dict[tuple[str, str], Row] = {}
    for leg in posted(legs, selection):
        other = {"in": "payer", "out": "payee"}.get(leg["way"])
        if other is None:
            continue
        row = found.setdefault((leg["currency"], leg[other]["account"]), {"in": [], "out": [], "last_at": []})
        row[leg["way"]].append((leg["position"], leg["amount"]))
        row["last_at"].append((leg["position"], leg["at"]))
    return ranked(found, limit, lambda row: {"last_at": max(row["last_at"])[1]})


def ranked(found: dict[tuple[str, str], Row], limit: int, latest: Callable[[Row], Row]) -> list[Row]:
    rows = [
        {"currency": currency, "account": account}
        | {
            "transfers_in": row.get("times_in", len({p for p, _ in row["in"]})),
            "amount_in": sum(a for _, a in row["in"]),
        }
        | {"transfers_out": row.get("times_out", len(row["out"])), "amount_out": sum(a for _, a in row["out"])}
        | latest(row)
        for (currency, account), row in found.items()
    ]
    rows.sort(key=lambda row: (row["currency"], -row["amount_in"] - row["amount_out"], row["account"]))
    return first_of_each(rows, limit, "currency")


# -- accounts -----------------------------------------------------------------------------------------------------


def entries(legs: Legs, selection: Selection) -> list[Row]:
    """As the ledger writes them: one for the payer, one for each payee; of those whose accounts they are to see."""
    found: list[Row] = []
    for leg in posted(legs, selection):
        for side, other, sign in (("payer", "payee", -1), ("payee", "payer", 1)):
            party = leg[side]
            if selection.user_id not in (None, party["user_id"]) or selection.account not in (None, party["account"]):
                continue
            known = next(
                (e for e in found if side == "payer" and (e["side"], e["position"]) == (side, leg["position"])), None
            )
            if known:
                known["amount"] += sign * leg["amount"]
                known["counterparty"] = None
                continue
            found.append(
                {"side": side, "position": leg["position"], "occurred_at": leg["at"], "transfer_id": leg["id"]}
                | {"type": leg["type"], "counterparty": leg[other]["account"], "currency": leg["currency"]}
                | {"amount": sign * leg["amount"], "balance_after": party["balance_after"], "account": party["account"]}
            )
    return sorted(found, key=lambda entry: entry["position"])


@report("accounts")
def accounts(_name: str, legs: Legs, selection: Selection, limit: int) -> list[Row]:
    found: dict[tuple[str, str], Row] = {}
    for entry in entries(legs, selection):
        row = found.setdefault((entry["currency"], entry["account"]), {"in": [], "out": []})
        row["in" if entry["side"] == "payee" else "out"].append((entry["position"], abs(entry["amount"])))
        row["balance"] = entry["balance_after"]
    return ranked(found, limit, lambda row: {"balance": row["balance"]})


@report("statement")
def statement(_name: str, legs: Legs, selection: Selection, _limit: int) -> list[Row]:
    return [
        {name: value for name, value in entry.items() if name not in ("side", "account")}
        for entry in entries(legs, selection)
    ]


# -- users --------------------------------------------------------------------------------------------------------


@report("users_per_day", "users_per_week", "users_per_month")
def users(name: str, legs: Legs, selection: Selection, _limit: int) -> list[Row]:
    unit = name.removeprefix("users_per_")
    first: dict[str, datetime] = {}
    active = defaultdict(set)
    inside = {leg["position"] for leg in selected(legs, selection)}
    for leg in posted(legs, selection.from_the_beginning()):
        start, called = period(leg["at"], unit, selection)
        sides = {"all": ("payer", "payee"), "in": ("payer",), "out": ("payee",), "own": ()}[leg["way"]]
        for person in {leg[side]["user_id"] for side in sides} - {None}:
            first[person] = min(start, first.get(person, start))
            if leg["position"] in inside:
                active[start, called].add(person)
    rows = []
    for (start, called), people in sorted(active.items()):
        new = sum(first[person] == start for person in people)
        counts = {"active": len(people), "new": new, "returning": len(people) - new}
        rows.append({"start": start, "period": called, **counts})
    return rows
