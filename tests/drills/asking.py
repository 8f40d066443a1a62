"""Questions asked of the payments API all the time while something is broken, and how each was answered."""

import itertools
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx

LIMIT_SECONDS = 2.0
PAUSE_SECONDS = 0.1
TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class Asked:
    """One request: `began` in seconds since the epoch; `status` 0 where no answer came; `transfers`: ids of a 2xx."""

    name: str
    began: float
    seconds: float
    status: int
    retry_after: bool
    transfers: tuple[str, ...] = ()

    @property
    def ended(self) -> float:
        return self.began + self.seconds

    @property
    def refused_well(self) -> bool:
        """503, with the time after which to ask again, soon enough."""
        return self.status == httpx.codes.SERVICE_UNAVAILABLE and self.retry_after and self.seconds <= LIMIT_SECONDS


class Questions:
    """Each question is asked again and again by a thread of its own, from `start` until `stop`."""

    def __init__(self, transaction_url: str, token: str, payee: str, account: str) -> None:
        self.asked: list[Asked] = []
        self._url = transaction_url
        self._token = token
        self._over = threading.Event()
        self._numbers = itertools.count(1)
        self._run = f"asking-{time.time_ns()}"
        payment = {"payee": payee, "amount": 1, "currency": "EUR"}
        questions: dict[str, Callable[[httpx.Client], httpx.Response]] = {
            "a payment": lambda http: self._post(http, "/v1/transfers", payment),
            "a batch": lambda http: self._post(http, "/v1/transfers/batch", {"items": [self._item(payment)]}),
            "the accounts": lambda http: http.get("/v1/accounts"),
            "the limits": lambda http: http.get("/v1/limits?currency=EUR"),
            "the history": lambda http: http.get("/v1/transfers?limit=10"),
            "a statement": lambda http: http.get(f"/v1/accounts/{account}/statement"),
            "a balance": lambda http: http.get(f"/v1/accounts/{account}/balance"),
        }
        self._threads = [
            threading.Thread(target=self._ask_on, args=question, name=question[0]) for question in questions.items()
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Wait for the last answers."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def between(self, began: float, ended: float) -> list[Asked]:
        """What was in flight or asked after `began` and answered before `ended`, or should have been."""
        too_long = ended - LIMIT_SECONDS
        return [one for one in self.asked if one.ended > began and (one.ended < ended or one.began < too_long)]

    def _ask_on(self, name: str, ask: Callable[[httpx.Client], httpx.Response]) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        with httpx.Client(base_url=self._url, headers=headers, timeout=TIMEOUT_SECONDS) as http:
            while not self._over.wait(PAUSE_SECONDS):
                self.asked.append(_answered(name, http, ask))

    def _post(self, http: httpx.Client, path: str, body: dict[str, object]) -> httpx.Response:
        return http.post(path, json=body, headers={"Idempotency-Key": self._key()})

    def _item(self, payment: dict[str, object]) -> dict[str, object]:
        return {**payment, "idempotency_key": self._key()}

    def _key(self) -> str:
        return f"{self._run}-{next(self._numbers)}"


def worst_of(asked: Sequence[Asked]) -> list[str]:
    """One sentence for each question and status that was not refused well, with the slowest."""
    bad: dict[tuple[str, int], list[Asked]] = {}
    for one in asked:
        if not one.refused_well and not (200 <= one.status < 300 and one.seconds <= LIMIT_SECONDS):
            bad.setdefault((one.name, one.status), []).append(one)
    return [
        f"{name} was answered {status or 'nothing'} {len(those)} times, after {max(o.seconds for o in those):.2f} s"
        f"{'' if all(o.retry_after for o in those) else ', without Retry-After'}"
        for (name, status), those in bad.items()
    ]


def _answered(name: str, http: httpx.Client, ask: Callable[[httpx.Client], httpx.Response]) -> Asked:
    began, clock = time.time(), time.monotonic()
    try:
        answer = ask(http)
    except httpx.TransportError:
        return Asked(name, began, time.monotonic() - clock, 0, retry_after=False)
    seconds = time.monotonic() - clock
    # In a batch each item has a status of its own.
    parts = answer.json().get("results", ()) if name == "a batch" and answer.is_success else ()
    refused = [part for part in parts if part["status"] == httpx.codes.SERVICE_UNAVAILABLE]
    if refused:
        return Asked(name, began, seconds, refused[0]["status"], retry_after=True)
    made = [part["transfer"]["id"] for part in parts if "transfer" in part]
    if answer.status_code in (201, 202):
        made = [answer.json()["id"]]
    return Asked(name, began, seconds, answer.status_code, "retry-after" in answer.headers, tuple(made))
