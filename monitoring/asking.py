"""Asking several sources at once, each of which may be away: what it is called, what it failed with, for how long."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import structlog
from flask_babel import lazy_gettext as _

log = structlog.get_logger(__name__)


class SourceAway(Exception):
    """A source could not be asked. `reason` may be read by anybody: it names no address."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(source, reason)
        self.source = source
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}"


@dataclass(frozen=True)
class Question:
    """What is asked, and the name of who is asked, for a person's eye."""

    source: str
    ask: Callable[[], Any]


Name = TypeVar("Name", bound=Hashable)
Answers = dict[str, Any]
"""By the question's name; a SourceAway where there is no answer."""


class Asker:
    """Puts questions in parallel and takes the answers that have come when the time is over."""

    def __init__(self, threads: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    def ask(self, questions: Mapping[Name, Question], within_seconds: float) -> dict[Name, Any]:
        """The answer to each question by its name, or the SourceAway that stands for it.

        A question must end by itself soon after `within_seconds`: nobody waits for it then, and it holds a thread.
        Whatever it raises beside SourceAway is raised here.
        """
        asked = {name: self._pool.submit(question.ask) for name, question in questions.items()}
        wait(asked.values(), timeout=within_seconds)
        answers: dict[Name, Any] = {}
        for name, future in asked.items():
            if future.cancel() or not future.done():
                silent = _("no answer within %(s)s s", s=f"{within_seconds:g}")
                answers[name] = SourceAway(questions[name].source, silent)
            elif isinstance(error := future.exception(), SourceAway):
                answers[name] = error
            else:
                answers[name] = future.result()
        return answers


def json_of(source: str, send: Callable[[], httpx.Response]) -> Any:
    """The JSON that `send` is answered with.

    Raises:
        SourceAway: no answer, an answer that isn't a 2xx, or one that isn't JSON.
    """
    try:
        answer = send()
        answer.raise_for_status()
        return answer.json()
    except httpx.TimeoutException as error:
        raise SourceAway(source, _("no answer in time")) from error
    except httpx.HTTPStatusError as error:
        raise SourceAway(source, _("it answered %(code)s", code=error.response.status_code)) from error
    except httpx.HTTPError as error:
        raise SourceAway(source, _("it cannot be reached")) from error
    except ValueError as error:
        raise SourceAway(source, NOT_UNDERSTOOD) from error


NOT_UNDERSTOOD = _("its answer was not understood")
