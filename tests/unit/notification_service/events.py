"""Events of topic `transactions`, as short as a test wants to say them, and those that the contract shows."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

from contracts.codec import codec_for
from contracts.topics import HERE
from service_kit.kafka import Message

AT = "2026-01-02T03:04:05.000Z"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ANN, BOB, EVE = (str(UUID(int=number)) for number in (0xA, 0xB, 0xE))


def _examples(topic: str) -> dict[str, dict]:
    return {path.stem: json.loads(path.read_text()) for path in sorted((HERE / "examples" / topic).iterdir())}


SHOWN = _examples("transactions")
"""The contract's examples by name: what happens between the users FIRST, SECOND and THIRD."""
SHOWN_OF_USERS = {
    name: event | {"event_id": str(UUID(int=0x100 + number))}
    for number, (name, event) in enumerate(_examples("users").items())
}
"""Those of topic `users`, all of them of FIRST, and each with an id of its own."""
FIRST, SECOND, THIRD = (f"0190d5a0-7c1e-7000-8000-0000000000a{number}" for number in (1, 2, 3))


def an_id(number: int) -> str:
    return str(UUID(int=number))


def posted(
    position: int,
    payer: str | None = ANN,
    payee: str = BOB,
    amount: int = 1250,
    balance: int = 100_000,
    after: timedelta = timedelta(),
    account: str = "p",
    **changes,
) -> dict:
    """A posted payment, so long after NOW; a grant where the payer is nobody. `balance`: what is left on the
    payer's `account`."""
    kind = "payment" if payer else "grant"
    event = _event(position, "transfer.posted", payer, payee, amount, {"type": kind, "status": "posted"} | changes)
    event["transfer"]["payer"].update(balance_after=balance, account=account)
    return event | {"occurred_at": (NOW + after).isoformat(timespec="milliseconds").replace("+00:00", "Z")}


def rejected(position: int, reason: str = "insufficient_funds", payee: str | None = BOB) -> dict:
    return _event(
        position, "transfer.rejected", ANN, payee, 1250, {"type": "payment", "status": "rejected", "reason": reason}
    )


def changed(second: int, type: str = "user.changed", **changes) -> dict:
    """Of topic `users`: Ann as of a second of NOW's minute."""
    event = {
        "event_id": an_id(0x200 + second),
        "type": type,
        "occurred_at": f"2026-01-02T03:04:{second:02}.000Z",
        "user_id": ANN,
        "username": "ann",
        "email": "ann@example.com",
        "roles": ["user"],
        "origin": "user",
    }
    known = {name: value for name, value in (event | changes).items() if value is not None}
    return codec_for("users").decode(codec_for("users").encode(known))


def opened(position: int) -> dict:
    account = {"id": an_id(position), "user_id": ANN, "currency": "EUR", "purpose": "main", "origin": "user"}
    event = {"event_id": an_id(position), "type": "account.opened", "position": position, "occurred_at": AT}
    return event | {"account": account}


def _event(position, type, payer, payee, amount, changes):
    balance = None if type == "transfer.rejected" else 100_000
    party = {"balance_after": balance, "origin": "user"}
    transfer = {
        "id": an_id(position),
        "reason": None,
        "amount": amount,
        "currency": "EUR",
        "payer": {"account": "p", "user_id": payer} | party,
        "payees": [{"account": "q", "user_id": payee, "amount": amount} | party],
    }
    event = {"event_id": an_id(position), "type": type, "position": position, "occurred_at": AT}
    return codec_for("transactions").decode(codec_for("transactions").encode(event | {"transfer": transfer | changes}))


def message(event: dict, traceparent: str | None = None) -> Message:
    """As the consumer hands it to the handler."""
    headers = (("traceparent", traceparent.encode()),) if traceparent else ()
    return Message("transactions", 0, event.get("position", 0), 0, b"k", b"{}", headers, event)
