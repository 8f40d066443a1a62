"""Moving money between people: payments, what is done about them later, batches."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson

from service_kit.principal import Principal
from transaction_service.domain import Act, Atomic, FollowUp, PostTransfer
from transaction_service.ledger_client import LedgerUnavailable
from transaction_service.ports import Ledger
from transaction_service.protocol import Reply
from transaction_service.use_cases.payment import Ask, OwnAccountError, Payment, acting_role, fingerprint, personal

CHUNK = 500
"""Payees that are asked for in one go."""
CHUNKS_AT_ONCE = 2
"""A batch of the writer holds both; what comes meanwhile from others waits behind no more than that."""


BatchAnswer = Reply | OwnAccountError | LedgerUnavailable


class Transfers:
    """The use cases, with what they need handed in. `now` is UTC."""

    def __init__(self, ledger: Ledger, new_id: Callable[[], str], now: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._new_id = new_id
        self._now = now

    def post(self, ask: Ask, payment: Payment) -> Reply:
        """Ask the ledger for a transfer.

        Raises:
            OwnAccountError: payer and payee are the same; no key is consumed.
            LedgerUnavailable: the outcome is unknown; the same key will tell.
        """
        return self._ledger.ask(payment.command(self._new_id(), ask.who, ask.key, self._now(), ask.traceparent))

    def follow_up(
        self, ask: Ask, act: Act, transfer: str, *, amount: int | None = None, payee: str | None = None, note: str = ""
    ) -> Reply:
        """Capture, void, refund or reverse a transfer; without `amount` the whole. Raises LedgerUnavailable.

        Who is paid with others is told their own part: what the others get is not theirs to know.
        """
        command = FollowUp(
            id=self._new_id(),
            key=personal(ask.who, ask.key),
            fingerprint=fingerprint(act, transfer, amount, payee, note),
            act=act,
            transfer=transfer,
            actor=ask.who.user_id,
            role=acting_role(ask.who),
            amount=amount,
            payee=payee,
            note=note,
            traceparent=ask.traceparent,
        )
        reply = self._ledger.ask(command)
        return reply if act is Act.REVERSE else _own_part(reply, ask.who)

    def batch(self, ask: Ask, payments: Sequence[tuple[str, Payment]]) -> list[BatchAnswer]:
        """Ask for many transfers, each under its own key; answers in the same order.

        The writer is given some hundred at a time. After one that it didn't answer in time the rest isn't asked for:
        what became of each, its key will tell.
        """
        answers: list[BatchAnswer] = []
        commands: list[PostTransfer] = []
        places: list[int] = []
        for place, (key, payment) in enumerate(payments):
            try:
                commands.append(payment.command(self._new_id(), ask.who, key, self._now(), None))
                places.append(place)
                answers.append(LedgerUnavailable())
            except OwnAccountError as error:
                answers.append(error)
        for place, reply in zip(places, self._in_chunks(_traced(commands, ask.traceparent)), strict=False):
            answers[place] = reply
        return answers

    def all_or_nothing(self, ask: Ask, payments: Sequence[tuple[str, Payment]]) -> Reply:
        """Ask for many transfers that are booked together or not at all.

        Raises:
            OwnAccountError: one of them is to the payer; nothing was asked for.
            LedgerUnavailable: the outcome is unknown; the same keys will tell.
        """
        commands = tuple(payment.command(self._new_id(), ask.who, key, self._now(), None) for key, payment in payments)
        return self._ledger.ask(Atomic(self._new_id(), commands, ask.traceparent))

    def _in_chunks(self, commands: Sequence[PostTransfer]) -> Iterator[Reply]:
        """The answers in order; ends early where the writer doesn't answer."""
        flying: deque[list[Any]] = deque()
        try:
            for chunk in _chunks(commands):
                flying.append([self._ledger.submit(command) for command in chunk])
                if len(flying) == CHUNKS_AT_ONCE:
                    yield from map(self._ledger.wait, flying.popleft())
            for calls in flying:
                yield from map(self._ledger.wait, calls)
        except LedgerUnavailable:
            return


def _chunks(commands: Sequence[PostTransfer]) -> Iterator[list[PostTransfer]]:
    """As they come, each of at most CHUNK payees."""
    chunk: list[PostTransfer] = []
    size = 0
    for command in commands:
        size += len(command.payees)
        if size > CHUNK and chunk:
            yield chunk
            chunk, size = [], len(command.payees)
        chunk.append(command)
    if chunk:
        yield chunk


def _own_part(reply: Reply, who: Principal) -> Reply:
    body = orjson.loads(reply.body)
    if len(body.get("payees", ())) < 2 or body["payer"]["username"] == who.username:
        return reply
    own = [payee for payee in body["payees"] if payee["username"] == who.username]
    seen = {name: value for name, value in body.items() if name != "held"}
    seen |= {"payees": own, "amount": sum(payee["amount"] for payee in own)}
    return replace(reply, body=orjson.dumps(seen))


def _traced(commands: list[PostTransfer], traceparent: str | None) -> list[PostTransfer]:
    """One transfer of a batch carries its trace: thousands of spans would hide what they are to show."""
    return [replace(commands[0], traceparent=traceparent), *commands[1:]] if commands else []
