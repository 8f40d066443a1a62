"""Many transfers in one request: each with a key, an answer and, if need be, a problem of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import orjson
from flask import Blueprint, Response

from service_kit.auth import Principal
from service_kit.errors import InvalidRequest, Problem
from service_kit.operations import Operations
from service_kit.problems import problem_document
from service_kit.schemas import Mistaken, Schema
from service_kit.tracing import current_traceparent
from service_kit.web import json_answer
from transaction_service.domain import Outcome
from transaction_service.domain.journal import ACCEPTED
from transaction_service.ledger_client import LedgerUnavailable
from transaction_service.protocol import Reply
from transaction_service.routes.answers import STATUS, ledger_away, problem_of, same_account
from transaction_service.routes.asking import demand_proof, writer
from transaction_service.routes.payment_bodies import payment_of
from transaction_service.routes.problems import BatchRejected, NotBooked
from transaction_service.use_cases import Ask, BatchAnswer, OwnAccountError, Payment, Transfers

ATOMIC_PAYEES_MAX = 1_000
"""Of an all-or-nothing batch, which the writer decides and commits in one piece."""
Keyed = tuple[str, Payment]
Result = dict[str, Any]


def batch_routes(
    operations: Operations, transfers: Transfers, now: Callable[[], datetime], step_up_from: int
) -> Blueprint:
    """The blueprint, with what it needs handed in. `now` is UTC."""
    api = Blueprint("batch", __name__)
    operation = operations["post_batch"]
    item_schema = operations.schema("BatchItem")

    @operation.route(api)
    def post_batch() -> Response:
        who = writer()
        operation.parameters()
        body = operation.body()
        moment = now()
        read = [_read(item, item_schema, moment) for item in body["items"]]
        demand_proof(who, [found[1] for found in read if not isinstance(found, Problem)], step_up_from, moment)
        if body["atomic"]:
            return _all_or_nothing(transfers, who, body["items"], read)
        answers = iter(transfers.batch(_ask(who), [found for found in read if not isinstance(found, Problem)]))
        each = [found if isinstance(found, Problem) else next(answers) for found in read]
        return json_answer({"results": [_result(_key(i), e) for i, e in zip(body["items"], each, strict=True)]})

    return api


def _read(item: Any, schema: Schema, now: datetime) -> Keyed | Problem:
    """An item's key and payment, or what is wrong with it."""
    try:
        schema(item)
        return item["idempotency_key"], payment_of(item, now)
    except Mistaken as error:
        return InvalidRequest("The item does not have the expected shape.", errors=error.mistakes)
    except InvalidRequest as problem:
        return problem


def _all_or_nothing(
    transfers: Transfers, who: Principal, items: Sequence[Any], read: Sequence[Keyed | Problem]
) -> Response:
    payments = [found for found in read if not isinstance(found, Problem)]
    if sum(len(payment.payees) for _, payment in payments) > ATOMIC_PAYEES_MAX:
        detail = f"an atomic batch has at most {ATOMIC_PAYEES_MAX} payees in all"
        mistake = {"pointer": "#/items", "detail": detail, "code": "payees"}
        raise InvalidRequest("The body does not have the expected shape.", errors=[mistake])
    each: list[Problem | Reply]
    own = [payment for _, payment in payments if any(p.username == who.username for p in payment.payees)]
    if own or len(payments) < len(read):
        each = [_unasked(found, own) for found in read]
    else:
        try:
            reply = transfers.all_or_nothing(_ask(who), payments)
        except LedgerUnavailable:
            raise ledger_away() from None
        if reply.status not in (Outcome.POSTED, Outcome.REJECTED):
            raise problem_of(reply)
        booked = reply.status == Outcome.POSTED
        each = [_part(part, booked=booked) for part in orjson.loads(reply.body)["results"]]
        if booked:
            return json_answer({"results": [_result(_key(i), e) for i, e in zip(items, each, strict=True)]}, 201)
    raise BatchRejected(results=[_result(_key(i), e) for i, e in zip(items, each, strict=True)])


def _unasked(found: Keyed | Problem, own: Sequence[Payment]) -> Problem:
    if isinstance(found, Problem):
        return found
    return same_account() if found[1] in own else NotBooked()


def _part(part: dict[str, Any], *, booked: bool) -> Problem | Reply:
    """One transfer of an all-or-nothing batch. What only would have been booked is none."""
    if part["outcome"] in ACCEPTED and not booked and not part["replayed"]:
        return NotBooked()
    return Reply(part["outcome"], part["replayed"], orjson.dumps(part["body"]))


def _result(key: str | None, answer: Problem | BatchAnswer) -> Result:
    """As the request would have been answered alone."""
    if isinstance(answer, Reply):
        head = {"idempotency_key": key, "status": STATUS.get(answer.status), "replayed": answer.replayed}
        if head["status"] is not None:
            return {**head, "transfer": orjson.Fragment(answer.body)}
        problem = problem_of(answer)
        return {**head, "status": int(problem.status), "problem": problem_document(problem)}
    if isinstance(answer, OwnAccountError):
        answer = same_account()
    elif isinstance(answer, LedgerUnavailable):
        answer = ledger_away()
    status = int(answer.status)
    return {"idempotency_key": key, "status": status, "replayed": False, "problem": problem_document(answer)}


def _key(item: Any) -> str | None:
    """The item's key, to find its result by; None where it has none that could be told."""
    key = item.get("idempotency_key")
    return key if isinstance(key, str) else None


def _ask(who: Principal) -> Ask:
    return Ask(who, "", current_traceparent())
