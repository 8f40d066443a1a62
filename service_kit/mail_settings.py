"""What a process that sends letters reads: the mail server, and whom letters are from."""

from __future__ import annotations

from email.headerregistry import Address
from email.utils import formataddr, parseaddr
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from service_kit.env import Settings
from service_kit.smtp import MailServer

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _sender(value: str) -> str:
    name, address = parseaddr(value)
    if not Address(addr_spec=address).domain or "=?" in address:  # Address raises ValueError for what is none
        raise ValueError("an address is expected")
    return formataddr((name, address))


class MailSettings(Settings):
    """A service's mailer adds its own below these."""

    smtp_host: str = Field(description="the host name of the mail server")
    smtp_port: int = Field(587, ge=1, le=65535, description="its port, 1 to 65535")
    smtp_unencrypted_host: str = Field(
        "", description="a mail server besides this machine's own that letters may be handed to unencrypted"
    )
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls",
        description="starttls, tls (from the first byte), or none, which only a server on this machine may have, "
        "and the one that SMTP_UNENCRYPTED_HOST names",
    )
    smtp_user: str = Field("", description="the user name at the mail server, if it asks for one")
    smtp_password: SecretStr = Field(
        SecretStr(""), validate_default=True, description="its password; SMTP_USER and it come together"
    )
    mail_from: Annotated[str, AfterValidator(_sender)] = Field(
        description="whom letters are from: no-reply@example.com or Name <no-reply@example.com>"
    )
    smtp_timeout_seconds: float = Field(
        10, gt=0, le=10, description="for each step of a hand-over: more than 0, at most 10"
    )

    @field_validator("smtp_security")
    @classmethod
    def _nothing_in_the_clear(cls, value: str, info: ValidationInfo) -> str:
        """Links in letters are worth a password until they are used."""
        if value == "none" and info.data.get("smtp_host") not in (*LOOPBACK, info.data.get("smtp_unencrypted_host")):
            raise ValueError("letters to another machine must be encrypted")
        return value

    @field_validator("smtp_password")
    @classmethod
    def _password_with_its_user(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if bool(value.get_secret_value()) != bool(info.data.get("smtp_user")):
            raise ValueError("a user name and a password come together")
        return value

    @property
    def mail_server(self) -> MailServer:
        """Where letters are handed over."""
        return MailServer(
            self.smtp_host,
            self.smtp_port,
            self.smtp_security,
            self.smtp_user,
            self.smtp_password,
            self.smtp_timeout_seconds,
        )
