"""A running platform as somebody outside of it sees it: its public API, and the topic it publishes."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import httpx
import orjson
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from contracts import topics

GIVE_UP_SECONDS = 60
PAGE = 1000


class PlatformAway(RuntimeError):
    """A service or Kafka did not answer for a minute, or refused; the message names the request."""


@dataclass(frozen=True)
class Summary:
    """The ledger's own figures; ``totals``: the sum over all accounts by currency, each of which must be 0.

    ``head`` is the journal's last position, ``published`` the relay's; a service without a journal has neither.
    """

    posted: int
    rejected: int
    totals: dict[str, int]
    head: int = 0
    published: int = 0

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Summary":
        """From the answer of GET /v1/ledger/summary."""
        return cls(**{field.name: body[field.name] for field in fields(cls) if field.name in body})


@dataclass(frozen=True)
class JournalRecord:
    """One position of the journal. ``kind``: ``account.opened``, ``transfer.posted`` or ``transfer.rejected``."""

    position: int
    kind: str
    event_id: str
    transfer_id: str
    transfer_type: str
    payer_account: str

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "JournalRecord":
        """From a record of GET /v1/journal."""
        transfer = {} if record["type"] == "account.opened" else record["body"]
        return cls(
            position=record["position"],
            kind=record["type"],
            event_id=record["event_id"],
            transfer_id=transfer.get("id", ""),
            transfer_type=transfer.get("type", ""),
            payer_account=transfer.get("payer", {}).get("account", ""),
        )


class Api:
    """GET requests to the services, repeated while a service is away; the service client's token is renewed.

    A context manager, since it keeps its connections open.
    """

    def __init__(self, auth_url: str, transaction_url: str, client_id: str, secret: str) -> None:
        self._auth_url, self._transaction_url = auth_url, transaction_url
        self._credentials = (client_id, secret)
        self._http = httpx.Client(timeout=30)
        self._token = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def service_token(self) -> str:
        """A fresh token of the service client, good for five minutes."""
        form = {"grant_type": "client_credentials"}
        answer = self._patiently(
            lambda: self._http.post(f"{self._auth_url}/v1/token", data=form, auth=self._credentials)
        )
        self._token = answer.json()["access_token"]
        return self._token

    def published_to_head(self, tell: Callable[[Summary, int], object] = lambda summary, head: None) -> Summary:
        """Wait until the relay has published what the journal holds now; the summary as of then.

        ``tell`` hears of every look, with the head that is waited for. A relay that stands still is not waited for
        for ever: then ``published`` stays below ``head``.
        """
        head = self.summary().head
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while True:
            summary = replace(self.summary(), head=head)
            tell(summary, head)
            if summary.published >= head or time.monotonic() > deadline:
                return summary
            time.sleep(0.2)

    def summary(self) -> Summary:
        """GET /v1/ledger/summary."""
        return Summary.of(self._as_service("/v1/ledger/summary", {}))

    def journal(self, after: int) -> Iterator[JournalRecord]:
        """Every position above ``after``, in order, up to the head as it is when the last page is read."""
        while records := self._as_service("/v1/journal", {"after": after, "limit": PAGE})["records"]:
            yield from map(JournalRecord.of, records)
            after = records[-1]["position"]

    def accounts(self, token: str) -> list[dict[str, Any]]:
        """GET /v1/accounts of a person."""
        accounts: list[dict[str, Any]] = self._get("/v1/accounts", token, {}).json()["accounts"]
        return accounts

    def transfers(self, token: str, above: int) -> Iterator[dict[str, Any]]:
        """The person's transfers above a position, latest first, through all pages."""
        cursor: str | None = None
        while True:
            page = self._get("/v1/transfers", token, {"limit": 100} | ({"cursor": cursor} if cursor else {})).json()
            for transfer in page["transfers"]:
                if transfer["position"] <= above:
                    return
                yield transfer
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def _as_service(self, path: str, query: Mapping[str, int]) -> dict[str, Any]:
        answer = self._get(path, self._token or self.service_token(), query, accept=(200, 401))
        if answer.status_code == 401:
            answer = self._get(path, self.service_token(), query)
        body: dict[str, Any] = answer.json()
        return body

    def _get(self, path: str, token: str, query: Mapping[str, Any], accept: tuple[int, ...] = (200,)) -> httpx.Response:
        url, headers = f"{self._transaction_url}{path}", {"Authorization": f"Bearer {token}"}
        return self._patiently(lambda: self._http.get(url, params=dict(query), headers=headers), accept)

    @staticmethod
    def _patiently(send: Callable[[], httpx.Response], accept: tuple[int, ...] = (200,)) -> httpx.Response:
        deadline, problem = time.monotonic() + GIVE_UP_SECONDS, "nothing was sent"
        while time.monotonic() < deadline:
            try:
                answer = send()
            except httpx.TransportError as error:
                problem = f"{error.request.url}: {error}"
            else:
                if answer.status_code in accept:
                    return answer
                problem = f"{answer.request.url}: {answer.status_code} {answer.text[:200]}"
                if answer.status_code not in (429, 502, 503, 504):
                    break
            time.sleep(0.25)
        raise PlatformAway(problem)


def positions_on_topic(bootstrap_servers: str) -> Counter[int]:
    """Read the whole topic `transactions` from its start to its present end: how often each journal position is there.

    Raises PlatformAway when Kafka did not deliver it all within a minute.
    """
    try:
        consumer = KafkaConsumer(bootstrap_servers=bootstrap_servers, group_id=None, enable_auto_commit=False)
    except KafkaError as error:
        raise PlatformAway(f"Kafka at {bootstrap_servers}: {error}") from error
    try:
        return _read_to_the_end(consumer)
    except KafkaError as error:
        raise PlatformAway(f"topic {topics.TRANSACTIONS}: {error}") from error
    finally:
        consumer.close()


def _read_to_the_end(consumer: KafkaConsumer) -> Counter[int]:
    partitions = [TopicPartition(topics.TRANSACTIONS, p) for p in consumer.partitions_for_topic(topics.TRANSACTIONS)]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    ends = consumer.end_offsets(partitions)
    seen: Counter[int] = Counter()
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while any(consumer.position(partition) < ends[partition] for partition in partitions):
        if time.monotonic() > deadline:
            raise PlatformAway(f"topic {topics.TRANSACTIONS} could not be read to its end")
        for records in consumer.poll(timeout_ms=500, max_records=5000).values():
            seen.update(orjson.loads(record.value)["position"] for record in records)
    return seen
