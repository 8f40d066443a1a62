"""`python -m stack mail`: the newest mail on the terminal, for whoever has no browser at hand."""

from __future__ import annotations

import httpx

from stack.errors import StackError
from stack.running import Stack

ANSWER_SECONDS = 5


def show_last_mail(stack: Stack, to: str = "") -> int:
    """Print it; return 1 where none has come. Raises StackError where the mailbox can't be asked."""
    api = f"http://{stack.address('mail')}/api/v1"
    try:
        query = {"query": f"to:{to}", "limit": "1"} if to else {"limit": "1"}
        found = httpx.get(f"{api}/{'search' if to else 'messages'}", params=query, timeout=ANSWER_SECONDS).json()
        if not found["messages"]:
            print(f"no mail to {to} has come" if to else "no mail has come")
            return 1
        mail = httpx.get(f"{api}/message/{found['messages'][0]['ID']}", timeout=ANSWER_SECONDS).json()
    except (httpx.HTTPError, ValueError) as error:
        raise StackError(f"the mailbox at {api} does not answer: {error}") from error
    print(f"To:      {', '.join(each['Address'] for each in mail['To'])}")
    print(f"Subject: {mail['Subject']}\nDate:    {mail['Date']}\n\n{mail['Text']}")
    return 0
