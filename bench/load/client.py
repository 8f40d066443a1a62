"""One client: sends a request, and the same key again until the answer is a decision."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from bench.load.book import Entry
from bench.load.connection import Answer, Connection, NoAnswer
from bench.load.job import BATCH, Intent, Person
from bench.load.patience import Patience
from bench.load.people import JSON, bearer, log_in

TOKEN_ENDED = {"token_expired", "token_invalid", "token_revoked"}


class Wallet:
    """The tokens of the run's people; whoever finds one ended renews it for every client."""

    def __init__(self, people: Sequence[Person], auth_url: str, *, timeout_s: float) -> None:
        self._people = list(people)
        self._headers = [bearer(person.token) + JSON for person in people]
        self._auth_url = auth_url
        self._timeout_s = timeout_s
        self._lock = asyncio.Lock()

    def put(self, index: int, person: Person) -> None:
        """The person has logged in again."""
        self._people[index], self._headers[index] = person, bearer(person.token) + JSON

    def add(self, person: Person) -> int:
        """Somebody new; their index."""
        self._people.append(person)
        self._headers.append(bearer(person.token) + JSON)
        return len(self._people) - 1

    def person(self, index: int) -> Person:
        return self._people[index]

    def username(self, index: int) -> str:
        return self._people[index].username

    def headers(self, index: int) -> bytes:
        """The header lines that this person's requests begin with."""
        return self._headers[index]

    async def renew(self, index: int, ended: bytes) -> None:
        """Log the person in again unless another client has done so; NotAnswered when auth is away for long."""
        async with self._lock:
            if self._headers[index] is ended:
                connection = Connection(self._auth_url, timeout_s=self._timeout_s)
                person = await log_in(connection, self._people[index])
                self._headers[index] = bearer(person.token) + JSON
                connection.close()


class Client:
    """A person's device: one connection, one request at a time."""

    def __init__(self, wallet: Wallet, url: str, *, timeout_s: float, give_up_s: float) -> None:
        self._wallet = wallet
        self._connection = Connection(url, timeout_s=timeout_s)
        self._give_up_s = give_up_s

    async def carry_out(self, intent: Intent) -> Entry:
        """Send the intent until it is decided, then its deliberate repeats; the entry for the book."""
        entry = Entry(key=intent.key, payer=self._wallet.username(intent.payer), sent_at=time.time())
        first = await self._until_decided(intent, entry)
        entry.decided_at = time.time()
        if first is None:
            return entry
        _note(entry, first, looks=intent.method == "GET")
        for _ in range(intent.repeats):
            again = await self._until_decided(intent, entry)
            if again is not None:
                _note_replay(entry, first, again)
        return entry

    async def _until_decided(self, intent: Intent, entry: Entry) -> Answer | None:
        """The decision, or None when there was none to be had in time."""
        patience, method = Patience(self._give_up_s), intent.method.encode()
        path, body = intent.path.encode(), intent.body.encode()
        while patience.lasts():
            entry.attempts += 1
            headers = self._wallet.headers(intent.payer)
            try:
                answer = await self._connection.request(method, path, headers + _key_header(intent), body)
            except NoAnswer:
                entry.unanswered += 1
                await patience.pause()
                continue
            if answer.status == 401 and answer.code() in TOKEN_ENDED:
                await self._wallet.renew(intent.payer, ended=headers)
            elif answer.status < 500 and answer.status != 429 and not _is_partly_undecided(intent, answer):
                return answer
            else:
                entry.faults += answer.status == 500
                entry.answers_5xx += answer.status >= 500
                await patience.pause(float(answer.headers.get(b"retry-after", b"0")))
        return None

    def close(self) -> None:
        self._connection.close()


def _key_header(intent: Intent) -> bytes:
    return b"" if intent.key is None else b"Idempotency-Key: %b\r\n" % quote(intent.key).encode()


def _is_partly_undecided(intent: Intent, answer: Answer) -> bool:
    """Whether an item of a batch found the ledger away: then the whole is sent again, each item under its own key."""
    return intent.path == BATCH and any(result["status"] >= 500 for result in answer.problem().get("results", ()))


def _note(entry: Entry, answer: Answer, *, looks: bool) -> None:
    if looks:
        entry.outcome = "accepted" if answer.status < 300 else "refused"
        entry.code = None if answer.status < 300 else answer.code()
        return
    if answer.status < 300 and "results" in (told := answer.json()):
        entry.outcome = "accepted"
        entry.told = {part["id"]: part["position"] for part in map(_transfer_of, told["results"]) if part}
        return
    if answer.status < 300:
        entry.outcome, transfer = "accepted", told
    else:
        # A rejection that was decided, and is kept with the key, comes with its transfer; other 4xx consume no key.
        entry.code, transfer = answer.code(), answer.problem().get("transfer")
        entry.outcome = "rejected" if transfer else "refused"
    if transfer:
        entry.transfer_id, entry.position = transfer["id"], transfer["position"]
        entry.told = {transfer["id"]: transfer["position"]}


def _transfer_of(result: dict[str, Any]) -> dict[str, Any] | None:
    """The transfer of a batch's item, booked or decided against."""
    found: dict[str, Any] | None = result.get("transfer") or result.get("problem", {}).get("transfer")
    return found


def _note_replay(entry: Entry, first: Answer, again: Answer) -> None:
    said_so = again.headers.get(b"idempotent-replayed") == b"true"
    if said_so and (first.status, _essence(first)) == (again.status, _essence(again)):
        entry.replays += 1
    else:
        entry.wrong_replays += 1


def _essence(answer: Answer) -> object:
    """What must be equal in a replayed answer: a problem's request and trace ids may differ."""
    return answer.json() if answer.status < 300 else (answer.code(), answer.problem().get("transfer"))
