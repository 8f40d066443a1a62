"""Auth's use cases, put together from what they stand on: the real stores in `wiring`, fakes in tests."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from auth_service.authenticator import Authenticator
from auth_service.challenges import Challenges
from auth_service.devices import Devices
from auth_service.domain import API_LIMITS, Limits, Whence
from auth_service.metrics import AuthMetrics
from auth_service.ports import (
    Attempts,
    Clients,
    Credentials,
    EmailChanges,
    MailOrders,
    Passwords,
    PaymentAccounts,
    RefreshTokens,
    SecondFactors,
    SessionCache,
    Sessions,
    SigningKeys,
    Trail,
    Users,
)
from auth_service.use_cases import (
    Administer,
    ChangeEmail,
    ChangePassword,
    CloseAccount,
    ConfirmEmail,
    Guard,
    Introspect,
    IssueServiceToken,
    LogIn,
    LogOut,
    ManageSecondFactor,
    PasswordTold,
    Proof,
    Refresh,
    ResetPassword,
    Revoke,
    SecondStep,
    SessionTokens,
    SignUp,
    StepUp,
    Trails,
)
from service_kit.client_address import Network
from service_kit.clock import Clock


@dataclass(frozen=True)
class Stores:
    """Where auth keeps what it knows."""

    users: Users
    sessions: Sessions
    credentials: Credentials
    email_changes: EmailChanges
    refresh_tokens: RefreshTokens
    clients: Clients
    orders: MailOrders
    factors: SecondFactors
    trail: Trail
    attempts: Attempts
    cache: SessionCache
    keys: SigningKeys


@dataclass(frozen=True)
class Tools:
    """What auth works with.

    client_secrets: hashes of services' secrets, with a place of their own, so that a flood of log-ins doesn't keep
    services from their tokens. shared: networks behind which many people sit. whence: where the present request comes
    from.
    """

    passwords: Passwords
    client_secrets: Passwords
    authenticator: Authenticator
    challenges: Challenges
    devices: Devices
    payments: PaymentAccounts
    shared: Sequence[Network]
    clock: Clock
    metrics: AuthMetrics
    whence: Callable[[], Whence]
    new_id: Callable[[], str]
    traceparent: Callable[[], str | None]
    new_cookie: Callable[[], str] = lambda: secrets.token_urlsafe(32)
    api_limits: Limits = API_LIMITS


@dataclass(frozen=True)
class Auth:
    """What the routes use."""

    sign_up: SignUp
    confirm_email: ConfirmEmail
    change_email: ChangeEmail
    change_password: ChangePassword
    reset_password: ResetPassword
    log_in: LogIn
    refresh: Refresh
    log_out: LogOut
    revoke: Revoke
    administer: Administer
    close_account: CloseAccount
    introspect: Introspect
    guard: Guard
    issue_service_token: IssueServiceToken
    second_step: SecondStep
    second_factor: ManageSecondFactor
    step_up: StepUp
    users: Users
    sessions: Sessions
    keys: SigningKeys
    trail: Trail
    authenticator: Authenticator


def assemble(stores: Stores, tools: Tools) -> Auth:
    """Every use case; none of them asks a store for anything yet."""
    users, sessions, credentials, orders = stores.users, stores.sessions, stores.credentials, stores.orders
    refresh_tokens, cache, keys, factors = stores.refresh_tokens, stores.cache, stores.keys, stores.factors
    passwords, authenticator, metrics, clock = tools.passwords, tools.authenticator, tools.metrics, tools.clock
    new_id, trace = tools.new_id, tools.traceparent
    trails = Trails(stores.trail, tools.whence)
    guard = Guard(stores.attempts, tools.devices, tools.shared, clock, new_id, metrics)
    proof = Proof(passwords, guard, clock, trails)
    told = PasswordTold(new_id, trace, trails)
    tokens = SessionTokens(refresh_tokens, keys, new_id)
    log_out = LogOut(sessions, cache, clock, metrics, trails)
    second_step = SecondStep(
        factors, users, authenticator, tools.challenges, guard, clock, new_id, trace, metrics, trails
    )
    step_up = StepUp(sessions, second_step, cache, tokens, trails, clock)
    log_in = LogIn(
        users, sessions, passwords, tokens, cache, clock, new_id, metrics, trails, guard, second_step, log_out, trace
    )
    reset = ResetPassword(
        users, credentials, orders, passwords, log_out, told, clock, new_id, trace, metrics, guard, second_step
    )
    return Auth(
        sign_up=SignUp(users, passwords, clock, new_id, trace, metrics, trails, guard.sign_up),
        confirm_email=ConfirmEmail(
            users, credentials, orders, cache, clock, new_id, trace, metrics, trails, guard.confirmation
        ),
        change_email=ChangeEmail(
            users,
            credentials,
            stores.email_changes,
            proof,
            cache,
            clock,
            new_id,
            trace,
            metrics,
            trails,
            guard.email_change,
        ),
        change_password=ChangePassword(
            users, credentials, passwords, proof, step_up, log_out, told, clock, metrics, guard, new_id
        ),
        reset_password=reset,
        log_in=replace(log_in, new_cookie=tools.new_cookie, api_limits=tools.api_limits),
        refresh=Refresh(refresh_tokens, sessions, users, tokens, cache, clock, new_id, trace, metrics, trails),
        log_out=log_out,
        revoke=Revoke(keys, refresh_tokens, log_out),
        administer=Administer(users, log_out, clock, new_id, trace, trails, metrics),
        close_account=CloseAccount(users, proof, tools.payments, log_out, clock, new_id, trace, metrics),
        introspect=Introspect(sessions, refresh_tokens, stores.clients, keys, cache, clock),
        guard=guard,
        issue_service_token=IssueServiceToken(stores.clients, tools.client_secrets, keys, clock, new_id, guard),
        second_step=second_step,
        second_factor=ManageSecondFactor(
            factors, second_step, proof, authenticator, guard, clock, new_id, trace, trails, step_up, log_out
        ),
        step_up=step_up,
        users=users,
        sessions=sessions,
        keys=keys,
        trail=stores.trail,
        authenticator=authenticator,
    )
