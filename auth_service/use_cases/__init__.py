"""What people and services do with auth. One verb a class; what it needs are its fields, connected in `wiring`."""

from auth_service.use_cases.administer import Administer
from auth_service.use_cases.change_email import ChangeEmail
from auth_service.use_cases.change_password import ChangePassword, PasswordChanged, PasswordTold
from auth_service.use_cases.close_account import CloseAccount
from auth_service.use_cases.confirm_email import ConfirmEmail
from auth_service.use_cases.grant_role import GrantRole
from auth_service.use_cases.guard import Guard, TooManyAttempts, Visitor
from auth_service.use_cases.introspect import Introspect
from auth_service.use_cases.log_in import BrowserLogIn, LogIn
from auth_service.use_cases.log_out import LogOut
from auth_service.use_cases.proof import Proof
from auth_service.use_cases.refresh import Refresh
from auth_service.use_cases.reset_password import ResetPassword
from auth_service.use_cases.revoke import Revoke
from auth_service.use_cases.rotate_keys import RotateKeys
from auth_service.use_cases.second_factor import ManageSecondFactor
from auth_service.use_cases.second_step import SecondStep
from auth_service.use_cases.service_tokens import IssueServiceToken
from auth_service.use_cases.sign_up import SignUp
from auth_service.use_cases.step_up import StepUp
from auth_service.use_cases.tokens import SessionTokens, TokenGrant
from auth_service.use_cases.trails import Trails

__all__ = [
    "Administer",
    "BrowserLogIn",
    "ChangeEmail",
    "ChangePassword",
    "CloseAccount",
    "ConfirmEmail",
    "GrantRole",
    "Guard",
    "Introspect",
    "IssueServiceToken",
    "LogIn",
    "LogOut",
    "ManageSecondFactor",
    "PasswordChanged",
    "PasswordTold",
    "Proof",
    "Refresh",
    "ResetPassword",
    "Revoke",
    "RotateKeys",
    "SecondStep",
    "SessionTokens",
    "SignUp",
    "StepUp",
    "TokenGrant",
    "TooManyAttempts",
    "Trails",
    "Visitor",
]
