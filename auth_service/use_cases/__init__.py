"""What people and services do with auth. One verb a class; what it needs are its fields, connected in `wiring`."""

from auth_service.use_cases.confirm_email import ConfirmEmail
from auth_service.use_cases.grant_role import GrantRole
from auth_service.use_cases.guard import Guard, TooManyAttempts, Visitor
from auth_service.use_cases.introspect import Introspect
from auth_service.use_cases.log_in import BrowserLogIn, LogIn
from auth_service.use_cases.log_out import LogOut
from auth_service.use_cases.refresh import Refresh
from auth_service.use_cases.revoke import Revoke
from auth_service.use_cases.rotate_keys import RotateKeys
from auth_service.use_cases.service_tokens import IssueServiceToken
from auth_service.use_cases.sign_up import SignUp
from auth_service.use_cases.tokens import SessionTokens, TokenGrant
from auth_service.use_cases.trails import Trails

__all__ = [
    "BrowserLogIn",
    "ConfirmEmail",
    "GrantRole",
    "Guard",
    "Introspect",
    "IssueServiceToken",
    "LogIn",
    "LogOut",
    "Refresh",
    "Revoke",
    "RotateKeys",
    "SessionTokens",
    "SignUp",
    "TokenGrant",
    "TooManyAttempts",
    "Trails",
    "Visitor",
]
