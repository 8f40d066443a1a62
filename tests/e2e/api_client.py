"""The platform as a person's program sees it: sign up, log in, send, look, be notified, ask for reports."""

import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench.stacks import Platform
from tests.e2e.mailbox import CONFIRM, Mailbox
from tests.waiting import TIMEOUT_SECONDS, eventually

GRANT = 100_000


@dataclass
class Client:
    """A person with a program. Every call returns the answer as it came, for the test to judge."""

    platform: Platform
    username: str
    password: str = field(default_factory=lambda: uuid.uuid4().hex)
    token: str = ""

    @property
    def email(self) -> str:
        return f"{self.username}@example.com"

    def sign_up(self, **changed: Any) -> httpx.Response:
        body = {"username": self.username, "email": self.email, "password": self.password} | changed
        return self._ask("POST", f"{self.platform.auth_url}/v1/users", json=body)

    def log_in(self, **changed: Any) -> httpx.Response:
        """Remembers the token of a 200."""
        body = {"username": self.username, "password": self.password} | changed
        answer = self._ask("POST", f"{self.platform.auth_url}/v1/login", json=body)
        if answer.status_code == 200:
            self.token = answer.json()["access_token"]
        return answer

    def log_out(self) -> httpx.Response:
        return self._ask("POST", f"{self.platform.auth_url}/v1/logout", headers=self.bearer())

    def confirm(self) -> httpx.Response:
        """Confirm the e-mail by the link in the letter: the next token has no newcomer's small limits."""
        token = Mailbox(self.platform, self.email).link(CONFIRM).partition("?token=")[2]
        return self._ask("POST", f"{self.platform.auth_url}/v1/email_confirmations", json={"token": token})

    def change_password(self, new: str) -> httpx.Response:
        """Remembers the new one after a 200."""
        body = {"old_password": self.password, "password": new}
        answer = self._ask("POST", f"{self.platform.auth_url}/v1/me/password", json=body, headers=self.bearer())
        if answer.status_code == 200:
            self.password = new
        return answer

    def change_email(self, address: str) -> httpx.Response:
        body = {"email": address, "password": self.password}
        return self._ask("POST", f"{self.platform.auth_url}/v1/me/email", json=body, headers=self.bearer())

    def agree_to_email(self, which: str, token: str) -> httpx.Response:
        """`which`: the `new` or the `present` address' letter had the token."""
        body = {"address": which, "token": token}
        return self._ask("POST", f"{self.platform.auth_url}/v1/email_changes", json=body)

    def join(self) -> "Client":
        """Sign up, confirm the e-mail, log in, wait until the account is open with its grant."""
        assert self.sign_up().status_code == 201
        assert self.confirm().status_code == 204
        assert self.log_in().status_code == 200
        eventually(lambda: self.accounts() and self.balance() == GRANT, what=f"the grant of {self.username}")
        return self

    def send(
        self, to: str, amount: object, *, currency: str = "EUR", key: str | None = None, **more: Any
    ) -> httpx.Response:
        """POST /v1/transfers with a new key, unless one is given."""
        body = {"payee": to, "amount": amount, "currency": currency} | more
        return self.post_transfer(json=body, headers={"Idempotency-Key": key or uuid.uuid4().hex})

    def post_transfer(self, *, headers: dict[str, str] | None = None, **request: Any) -> httpx.Response:
        """POST /v1/transfers with whatever body."""
        url = f"{self.platform.transaction_url}/v1/transfers"
        return self._ask("POST", url, headers=self.bearer() | (headers or {}), **request)

    def act(self, what: str, transfer_id: str, **body: Any) -> httpx.Response:
        """POST /v1/transfers/<id>/capture, void, refund or reverse, with a new key."""
        url = f"{self.platform.transaction_url}/v1/transfers/{transfer_id}/{what}"
        return self._ask("POST", url, headers=self.bearer() | {"Idempotency-Key": uuid.uuid4().hex}, json=body)

    def get(self, path: str, *, of: str = "transaction-web", **query: Any) -> httpx.Response:
        """GET from the transaction service, or from another web process."""
        return self._ask("GET", f"{self.platform.url(of)}{path}", params=query, headers=self.bearer())

    def post(self, path: str, *, of: str, **request: Any) -> httpx.Response:
        """POST to a web process."""
        return self._ask("POST", f"{self.platform.url(of)}{path}", headers=self.bearer(), **request)

    def keep(self, username: str, label: str = "") -> httpx.Response:
        """Save a contact."""
        url = f"{self.platform.transaction_url}/v1/contacts/{username}"
        return self._ask("PUT", url, headers=self.bearer(), json={"label": label})

    def accounts(self) -> list[dict[str, Any]]:
        accounts: list[dict[str, Any]] = self.get("/v1/accounts").raise_for_status().json()["accounts"]
        return accounts

    def balance(self) -> int:
        """Minor units of the one account that a person has."""
        (account,) = self.accounts()
        return int(account["posted"])

    def history(self) -> list[dict[str, Any]]:
        """Latest first."""
        transfers: list[dict[str, Any]] = self.get("/v1/transfers").raise_for_status().json()["transfers"]
        return transfers

    def inbox(self, **query: Any) -> list[dict[str, Any]]:
        """The newest notifications, newest first."""
        answer = self.get("/v1/notifications", of="notification-web", **query).raise_for_status()
        notifications: list[dict[str, Any]] = answer.json()["notifications"]
        return notifications

    def told_of(self, transfer_id: str) -> list[str]:
        """The kinds of the newest notifications about a transfer itself, not of what the rules think of it."""
        found = [each for each in self.inbox(limit=100) if each["transfer_id"] == transfer_id]
        return [each["kind"] for each in found if not each["kind"].startswith("watch.")]

    def rows(self, **filter: Any) -> list[dict[str, Any]]:
        """The transfers that the reports are made of."""
        rows: list[dict[str, Any]] = (
            self.get("/v1/rows", of="analytics-web", **filter).raise_for_status().json()["rows"]
        )
        return rows

    def report(self, name: str, **filter: Any) -> list[dict[str, Any]]:
        """The rows of a report."""
        answer = self.get(f"/v1/reports/{name}", of="analytics-web", **filter).raise_for_status()
        rows: list[dict[str, Any]] = answer.json()["rows"]
        return rows

    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    @staticmethod
    def _ask(method: str, url: str, **request: Any) -> httpx.Response:
        return httpx.request(method, url, timeout=TIMEOUT_SECONDS, **request)
