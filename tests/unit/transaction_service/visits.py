"""A person's browser on the pages: signs in, fills forms as they are shown, presses their buttons."""

from __future__ import annotations

import html
import re

from contracts.session import COOKIE_NAME
from tests.unit.transaction_service.documented import DocumentedClient


class Visit:
    """`who` is signed in on `browser`; every page is asked for as a browser does."""

    def __init__(self, browser: DocumentedClient, who: str | None = "ann") -> None:
        self.browser = browser
        browser.environ_base["HTTP_ACCEPT"] = "text/html"
        if who is not None:
            self.sign_in(who)

    def sign_in(self, who):
        self.browser.set_cookie(COOKIE_NAME, who)

    def sign_out(self):
        """As when a session has ended: its cookie says nothing any more."""
        self.browser.delete_cookie(COOKIE_NAME)

    def get(self, path):
        return self.browser.get(path)

    def fill(self, **values):
        """The send form as it is shown, filled in; EUR 12.50 to bob unless told otherwise."""
        page = self.get("/send_transaction")
        shown = {name: value_of(page, name) for name in ("csrf_token", "account")}
        return {**shown, "payee": "bob", "amount": "12.50", "when": "now", **values}

    def ask(self, **values):
        """Fill in the form and press Continue."""
        return self.browser.post("/send_transaction", data=self.fill(**values))

    def to_confirm(self, **values) -> str:
        """The address of the confirm step of a form that nothing stands against."""
        answer = self.ask(**values)
        assert answer.status_code == 303, text_of(answer)
        return answer.headers["Location"]

    def confirm(self, address, token=None):
        """Press the button of the confirm step."""
        data = {"csrf_token": token or value_of(self.get(address), "csrf_token")}
        return self.browser.post(address, data=data)

    def send(self, **values) -> str:
        """All of it; the address of the transfer's page."""
        return self.confirm(self.to_confirm(**values)).headers["Location"]

    def press(self, address, act, **values):
        """Press the button of one of the forms on a page of a transfer: its fields are named after what it does."""
        page = self.get(address)
        shown = {f"{act}-{name}": value_of(page, f"{act}-{name}") for name in ("csrf_token", "key")}
        typed = {f"{act}-{name}": value for name, value in values.items()}
        return self.browser.post(f"{address.partition('?')[0]}/{act}", data=shown | typed)

    def post(self, address, **values):
        """Press the only button of a page with a form."""
        token = value_of(self.get(address), "csrf_token")
        return self.browser.post(address, data={"csrf_token": token, **values})


def value_of(page, name):
    """The value of a field on a page, or the choice of a list."""
    text = page.text
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', text)
    if found is None:
        found = re.search(rf'<select[^>]*name="{name}".*?<option[^>]*selected[^>]*value="([^"]*)"', text, re.S)
    assert found, f"the page has no field {name}: {text_of(page)}"
    return html.unescape(found[1])


def text_of(page) -> str:
    """What a person reads, in one line."""
    main = re.search(r"<main.*</main>", page.text, re.S)
    spoken = re.sub(r"<script.*?</script>|<[^>]+>", " ", main[0] if main else page.text, flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(spoken)).strip()
