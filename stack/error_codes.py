"""docs/errors.md, made from the code: `python -m stack.error_codes` writes it; a test holds the two together.

It lives here since it looks at every service, and none of them may import another.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from service_kit.errors import Problem
from service_kit.problems import HTTP_CODES
from transaction_service.routes.rejections import EXPLAINED, Rejected

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "errors.md"
PACKAGES = {
    "service_kit": "Every service",
    "auth_service": "auth_service",
    "transaction_service": "transaction_service",
    "notification_service": "notification_service",
    "analytics_service": "analytics_service",
    "monitoring": "monitoring",
}
HEAD = """# Errors

Written by `python -m stack.error_codes` from the code; a test holds the two together.

Every error under `/v1` is an RFC 9457 `application/problem+json`: `type`, `title`, `status`, `code`, often `detail`,
and `request_id` (quote it when you ask). Decide by `code`: it is stable; titles and details are for people.
`invalid_request` lists in `errors` each mistake with its `pointer` into the body (RFC 6901) or its `parameter`, the
broken rule as `code`, and never the value that was sent. A 503 has `Retry-After` in seconds.
"""
ADVICE = {
    400: "Correct the request: as it is, it will be refused again.",
    401: "Get an access token, then send the request with it.",
    403: "Ask as somebody who may; repeating it does not help.",
    404: "Check the id or the path.",
    405: "Use a method that the document names for this path.",
    409: "Look at how things are, then decide.",
    413: "Send less at once.",
    415: "Send `Content-Type: application/json`, in UTF-8 and not compressed.",
    416: "Ask for a range within the length that `Content-Range` names, or for the whole.",
    422: "Read `detail`; it will not succeed as it is.",
    429: "Wait as long as Retry-After says.",
    500: "This is a bug of ours: quote `request_id`. With an Idempotency-Key it is safe to send it again.",
    503: "Wait as long as Retry-After says, then send the same request again.",
}
HTTP_MEANS = {
    405: "The path exists, but not with this method.",
    413: "The body is larger than 64 KiB, or than the operation's document says.",
    416: "The file has no such part.",
}


@dataclass(frozen=True, order=True)
class Row:
    """One code as the page tells it."""

    status: int
    code: str
    title: str
    means: str
    advice: str

    def line(self) -> str:
        cells = (f"`{self.code}`", str(self.status), self.title, self.means, self.advice)
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for package, title in PACKAGES.items():
        rows = {row for kind in _problems(package) if (row := _row(kind))}
        if package == "service_kit":
            rows |= _of_http({row.code for row in rows})
        if rows:
            parts.append(_section(title, rows))
    rejections = {Row(422, str(r), e.title, e.detail, e.advice) for r, e in EXPLAINED.items()}
    about = (
        "These are decisions of the ledger: saved with their key, and answered again for it. `transfer` in the problem "
        "is the attempt."
    )
    parts.append(_section("transaction_service: what the ledger decides against", rejections, about))
    return "\n".join(parts)


def _section(title: str, rows: Iterable[Row], about: str = "") -> str:
    head = ["| code | status | title | what it means | what to do |", "|---|---|---|---|---|"]
    return "\n".join([f"## {title}", "", *([about, ""] if about else []), *head, *(r.line() for r in sorted(rows)), ""])


def _problems(package: str) -> Iterator[type[Problem]]:
    """Every Problem class that a package defines."""
    for file in sorted((ROOT / package).rglob("*.py")):
        if "service_kit.errors" not in file.read_text(encoding="utf-8") and file.name != "errors.py":
            continue
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        module = importlib.import_module(name.removesuffix(".__init__"))
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, Problem) and kind.__module__ == module.__name__:
                yield kind


def _row(kind: type[Problem]) -> Row | None:
    """None for what only groups others, and for Rejected, whose codes are the ledger's reasons."""
    about = (kind.__doc__ or "").split("\n\n")[0].replace("\n    ", " ")
    if about.startswith("Base of") or kind is Rejected:
        return None
    if kind is Problem:
        about = "Something happened that nobody had thought of."
    status = int(kind.status)
    return Row(status, kind.code, str(kind.title), about.replace("`retry_after`: seconds.", "").strip(), _advice(kind))


def _advice(kind: type[Problem]) -> str:
    return kind.advice or ADVICE[int(kind.status)]


def _of_http(known: set[str]) -> set[Row]:
    """What werkzeug answers by itself."""
    return {
        Row(status, code, HTTPStatus(status).phrase, HTTP_MEANS[status], ADVICE[status])
        for status, code in HTTP_CODES.items()
        if code not in known
    }


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
