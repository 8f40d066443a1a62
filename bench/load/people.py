"""People of a run: signed up, logged in, their accounts opened, all through the public API."""

import asyncio
import base64
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import orjson

from bench.load.connection import Answer, Connection, NoAnswer
from bench.load.job import Person
from bench.load.patience import Patience

JSON = b"Content-Type: application/json\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
TIMEOUT_S = 10.0
GIVE_UP_S = 60.0
AT_ONCE = 8


class NotAnswered(RuntimeError):
    """A service refused, or did not answer for a whole minute; the message names the request and the answer."""


async def ask(connection: Connection, method: bytes, path: bytes, headers: bytes = b"", body: bytes = b"") -> Answer:
    """Ask until the service answers with something else than "not now" (429, 503) or a bug (500, 502, 504).

    Raises NotAnswered after a minute.
    """
    patience, last = Patience(GIVE_UP_S), "nothing was sent"
    while patience.lasts():
        try:
            answer = await connection.request(method, path, headers, body)
            if answer.status < 500 and answer.status != 429:
                return answer
            last = f"{answer.status} {answer.code()}"
            await patience.pause(float(answer.headers.get(b"retry-after", b"0")))
        except NoAnswer as error:
            last = str(error)
            await patience.pause()
    raise NotAnswered(f"{method.decode()} {path.decode()}: {last}")


def bearer(token: str) -> bytes:
    """The header line of a token."""
    return b"Authorization: Bearer %b\r\n" % token.encode()


async def service_token(connection: Connection, client_id: str, secret: str) -> str:
    """A service client's access token (RFC 6749, section 4.4)."""
    basic = base64.b64encode(f"{client_id}:{secret}".encode())
    headers = b"Authorization: Basic %b\r\n" % basic + FORM
    answer = await ask(connection, b"POST", b"/v1/token", headers, b"grant_type=client_credentials")
    _expect(answer, 200, "the service client's token")
    return str(answer.json()["access_token"])


async def sign_up(connection: Connection, person: Person, origin: str, origin_token: str) -> bool:
    """Sign the person up; False when they have been for some time. ``origin_token`` carries users:origin."""
    body = orjson.dumps(
        {
            "username": person.username,
            "email": f"{person.username}@example.com",
            "password": person.password,
            "origin": origin,
        }
    )
    answer = await ask(connection, b"POST", b"/v1/users", JSON + bearer(origin_token), body)
    if answer.status == 409 and answer.code() == "username_taken":
        return False
    _expect(answer, 201, f"the sign-up of {person.username}")
    return True


async def log_in(connection: Connection, person: Person) -> Person:
    """The person with an access token."""
    body = orjson.dumps({"username": person.username, "password": person.password})
    answer = await ask(connection, b"POST", b"/v1/login", JSON, body)
    _expect(answer, 200, f"the log-in of {person.username}")
    return person.model_copy(update={"token": answer.json()["access_token"]})


async def account_opened(connection: Connection, person: Person, *, granted: bool) -> None:
    """Wait until the ledger has opened the person's account and, if ``granted``, put the sign-up grant on it."""
    patience = Patience(GIVE_UP_S)
    while patience.lasts():
        answer = await ask(connection, b"GET", b"/v1/accounts", bearer(person.token))
        _expect(answer, 200, f"the accounts of {person.username}")
        accounts = answer.json()["accounts"]
        if accounts and (accounts[0]["posted"] > 0 or not granted):
            return
        await patience.pause()
    raise NotAnswered(f"no account was opened for {person.username} within {GIVE_UP_S:.0f} s")


@dataclass(frozen=True)
class Doors:
    """Where people of one origin come in. ``origin_token`` is a service client's, with the scope users:origin."""

    auth_url: str
    transaction_url: str
    origin: str
    origin_token: str


async def prepare(
    people: Sequence[Person], doors: Doors, *, each_done: Callable[[], object] = lambda: None
) -> list[Person]:
    """Sign everybody up (unless known), log them in, wait for their accounts; in the order given."""
    ready: dict[str, Person] = {}

    async def enter(auth: Connection, person: Person) -> None:
        new = await sign_up(auth, person, doors.origin, doors.origin_token)
        ready[person.username] = await log_in(auth, person)
        transaction = Connection(doors.transaction_url, timeout_s=TIMEOUT_S)
        await account_opened(transaction, ready[person.username], granted=new)
        transaction.close()

    await _side_by_side(people, doors, enter, each_done)
    return [ready[person.username] for person in people]


async def sign_up_all(people: Sequence[Person], doors: Doors, *, each_done: Callable[[], object] = lambda: None) -> int:
    """Only sign everybody up; how many were new. Their accounts are opened some moments later."""
    new = 0

    async def enter(auth: Connection, person: Person) -> None:
        nonlocal new
        is_new = await sign_up(auth, person, doors.origin, doors.origin_token)
        new += is_new

    await _side_by_side(people, doors, enter, each_done)
    return new


async def _side_by_side(
    people: Sequence[Person],
    doors: Doors,
    enter: Callable[[Connection, Person], Awaitable[None]],
    each_done: Callable[[], object],
) -> None:
    waiting = list(reversed(people))

    async def work() -> None:
        auth = Connection(doors.auth_url, timeout_s=TIMEOUT_S)
        while waiting:
            await enter(auth, waiting.pop())
            each_done()
        auth.close()

    await asyncio.gather(*[work() for _ in range(AT_ONCE)])


def _expect(answer: Answer, status: int, what: str) -> None:
    if answer.status != status:
        raise NotAnswered(f"{what} was answered {answer.status} {answer.code()}")
