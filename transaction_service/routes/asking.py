"""What every route that asks for something reads first: who asks, under which key, and what they are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from contracts.access_token import Scope
from service_kit.auth import Principal, bearer_principal
from service_kit.step_up import StepUpRequired, is_recently_proven
from service_kit.tracing import current_traceparent
from transaction_service.domain.follow_ups import STAFF
from transaction_service.routes.document import KEY_HEADER
from transaction_service.routes.problems import RoleMissing
from transaction_service.use_cases import Ask, Payment


def writer(*, staff: bool = False) -> Principal:
    """Who may move money; with `staff`, only support and administrators.

    Raises:
        Unauthorized, ScopeMissing, RoleMissing, AuthUnavailable.
    """
    who = bearer_principal(Scope.TRANSFERS_WRITE)
    if staff and not set(STAFF).intersection(who.roles):
        raise RoleMissing(f"One of the roles {', '.join(STAFF)} is needed.")
    return who


def demand_proof(who: Principal, payments: Iterable[Payment], step_up_from: int, now: datetime) -> None:
    """Large sums need a recent proof of the second factor, if the payer has one; `step_up_from`: minor units.

    Raises StepUpRequired.
    """
    amount = sum(payee.amount for payment in payments for payee in payment.payees)
    if amount >= step_up_from and not is_recently_proven(who, now.timestamp()):
        raise StepUpRequired("So large a payment needs a code of your second factor.")


def asking(who: Principal, parameters: dict[str, Any]) -> Ask:
    """`who` with the request's key and trace."""
    return Ask(who, parameters[KEY_HEADER], current_traceparent())
