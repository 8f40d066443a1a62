"""The audit log: what was done to an account, in a chain of entries that no edit leaves whole (docs/decisions/0026).

Each user has a chain of their own, so that writers of different users never wait for one another. What the law may
ask us to forget, the address and the device, is kept beside the chain, which has only a salted hash of it: forgetting
breaks nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

GENESIS_HASH = "0" * 64
"""What stands for the previous hash in a chain's first entry."""
OPERATOR, PLATFORM, NOBODY = "operator", "platform", "unknown"
"""Who did it where no user did: a command of ours, the platform by itself, somebody who proved nothing."""
STRANGERS_CHAINS = 64
"""Over so many chains the attempts under unknown names are spread."""

ActKind = Literal[
    "user.registered",
    "session.started",
    "log_in.failed",
    "session.stepped_up",
    "session.ended",
    "sessions.ended",
    "refresh_token.reused",
    "role.granted",
    "email.confirmed",
    "password.changed",
    "password.refused",
    "second_factor.enabled",
    "second_factor.disabled",
    "second_factor.failed",
    "second_factor.recovery_used",
    "second_factor.recovery_renewed",
    "email_change.asked",
    "email_change.agreed",
    "email_change.withdrawn",
    "email.changed",
    "role.taken",
    "user.locked",
    "user.unlocked",
    "user.closed",
    "data.exported",
]


@dataclass(frozen=True)
class Whence:
    """Where a request came from: the client's address, and a name of its program that a person can read."""

    address: str = ""
    device: str = ""

    def hash(self, salt: str) -> str:
        """SHA-256, in hex; without the salt, which goes with the rest, nobody can try addresses against it."""
        return hashlib.sha256(_canonical([salt, self.address, self.device])).hexdigest()


@dataclass(frozen=True)
class Act:
    """Something done to a user's account, as a use case tells it. `by`: a user's id, OPERATOR, PLATFORM or NOBODY.

    `at`: UTC, whole milliseconds. `details` hold no secret and nothing that must be forgotten.
    """

    user_id: str
    kind: ActKind
    at: datetime
    by: str
    whence: Whence = Whence()
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """An act in its chain: `seq` counts from 1 without a gap, `hash` covers all else, the previous hash included."""

    user_id: str
    seq: int
    kind: str
    at: datetime
    by: str
    details: Mapping[str, str]
    whence_hash: str
    previous: str
    hash: str


@dataclass(frozen=True)
class Recorded:
    """An entry as its owner reads it. `whence` is None once it has been forgotten."""

    entry: Entry
    whence: Whence | None


@dataclass(frozen=True)
class Head:
    """A chain's last entry as the service remembers it, so that a shortened chain is noticed."""

    seq: int = 0
    hash: str = GENESIS_HASH


@dataclass(frozen=True)
class Break:
    """The first place where a chain isn't what was written. `expected`: the hash that should stand there."""

    user_id: str
    seq: int
    expected: str
    reason: str


def entry_of(act: Act, head: Head, salt: str) -> Entry:
    """The entry that follows `head`."""
    unsealed = Entry(
        act.user_id, head.seq + 1, act.kind, act.at, act.by, dict(act.details), act.whence.hash(salt), head.hash, ""
    )
    return replace(unsealed, hash=chain_hash({name: value for name, value in vars(unsealed).items() if name != "hash"}))


def chain_hash(values: Mapping[str, object]) -> str:
    """SHA-256, in hex, over the canonical JSON (sorted keys, no spaces, UTF-8) of an entry without its hash."""
    return hashlib.sha256(_canonical(values)).hexdigest()


def first_break(user_id: str, entries: Iterable[Mapping[str, object]], head: Head | None) -> Break | None:
    """Where a chain, in the order of its entries, first differs from what was written; None where it is whole.

    The entries come as they are kept, since whoever edits one may give it any members. `head` was read before them:
    there may be more of them meanwhile, never fewer.
    """
    last, at_head = Head(), GENESIS_HASH
    for kept in entries:
        seq = last.seq + 1
        values = {name: value for name, value in kept.items() if name != "hash"}
        expected = chain_hash({**values, "previous": last.hash})
        if (values.get("user_id"), values.get("seq")) != (user_id, seq):
            return Break(user_id, seq, expected, f"entry {seq} is missing, {values.get('seq')} follows")
        if kept.get("hash") != expected:
            return Break(user_id, seq, expected, f"its hash is {kept.get('hash')}")
        if values.get("previous") != last.hash:
            return Break(user_id, seq, expected, f"it follows {values.get('previous')}")
        last = Head(seq, expected)
        if head is not None and seq == head.seq:
            at_head = expected
    return _at_the_end(user_id, last, at_head, head)


def strangers_chain(username: str) -> str:
    """The chain for attempts under a name that nobody has: they are told too, and cost as much as a known one's."""
    return f"{NOBODY}-{hashlib.sha256(username.encode()).digest()[0] % STRANGERS_CHAINS:02d}"


def _at_the_end(user_id: str, last: Head, at_head: str, head: Head | None) -> Break | None:
    if head is None:
        return Break(user_id, last.seq, last.hash, "no head is kept for the chain") if last.seq else None
    if last.seq < head.seq:
        return Break(user_id, last.seq + 1, head.hash, f"the chain ends at {last.seq}, its head is {head.seq}")
    if head.seq and at_head != head.hash:
        return Break(user_id, head.seq, head.hash, f"its hash is {at_head}")
    return None


def _canonical(value: object) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_text)
    return text.encode("utf-8", "surrogatepass")


def _text(value: object) -> str:
    return value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else repr(value)
