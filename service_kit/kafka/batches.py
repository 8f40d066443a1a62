"""The work on one batch: understand each message, do them together, and find out which ones can't be done.

Knows nothing of polling and committing. Four ends for a message: done; to the dead letters (it is malformed or
refused: at once; it keeps failing: after its tries); not settled, since the consumer halts; or the call raises.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from contracts.codec import InvalidEvent
from service_kit.clock import Clock
from service_kit.kafka.dead_letters import DeadLetter, DlqWatch
from service_kit.kafka.errors import InvalidMessage, PublishFailed, Stopping
from service_kit.kafka.producer import Producer
from service_kit.kafka.records import Message
from service_kit.kafka.traces import processing
from service_kit.logging import get_logger
from service_kit.metrics import NO_ERROR, Cause, MessagingMetrics
from service_kit.redaction import redact_text
from service_kit.retries import Backoff, retry

T = TypeVar("T")
Outcome = Message | DeadLetter
log = get_logger(__name__)


@dataclass(frozen=True)
class Work:
    """What a service gives: how a message is understood, what is done with a batch, and what may be away meanwhile."""

    decode: Callable[[Message], Any]
    handle: Callable[[list[Message]], None]
    dependency_down: tuple[type[Exception], ...] = ()


class BatchWork:
    """Does batches of one topic for one group."""

    def __init__(
        self,
        topic: str,
        group: str,
        work: Work,
        *,
        dead_letters: Producer,
        metrics: MessagingMetrics,
        clock: Clock,
        watch: DlqWatch,
        backoff: Backoff,
        wait: Callable[[float], None],
    ) -> None:
        """`wait(seconds)` keeps the consumer's membership alive and raises Stopping when the process is to end."""
        self._labels = (topic, group)
        self._group = group
        self._work = work
        self._dead_letters = dead_letters
        self._metrics = metrics
        self._clock = clock
        self._watch = watch
        self._backoff = backoff
        self._for_ever = replace(backoff, attempts=None)
        self._wait = wait
        self.waits_for: str | None = None

    def do(self, messages: Sequence[Message]) -> list[Message]:
        """Settle the messages and return those that are: all, or the first ones up to where the limit was reached.

        Raises:
            Stopping: told to stop while waiting; nothing of the batch may be committed.
        """
        outcomes = self._until_tripped([self._understand(message) for message in messages])
        settled = self._together(outcomes) or self._one_by_one(outcomes)
        self._bury([outcome for outcome in settled if isinstance(outcome, DeadLetter)])
        return [outcome.message if isinstance(outcome, DeadLetter) else outcome for outcome in settled]

    def _understand(self, message: Message) -> Outcome:
        try:
            return message.understood(self._work.decode(message))
        except (InvalidEvent, InvalidMessage) as error:
            return DeadLetter(message, error.cause, redact_text(str(error)))
        except Exception as error:
            log.exception("decode_failed", message=message.place)
            return DeadLetter(message, Cause.FAILED, _told(error))

    def _until_tripped(self, outcomes: list[Outcome]) -> list[Outcome]:
        trial = self._watch.trial()
        for count, outcome in enumerate(outcomes, start=1):
            trial.saw(dead=isinstance(outcome, DeadLetter))
            if trial.tripped:
                return outcomes[:count]
        return outcomes

    def _together(self, outcomes: list[Outcome]) -> list[Outcome] | None:
        good = [outcome for outcome in outcomes if isinstance(outcome, Message)]
        try:
            if good:
                self._try_hard(good)
        except Stopping:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, one message may be its cause: look for it
            log.warning("batch_failed", messages=len(good), first=good[0].place, error=_told(error))
            return None
        for outcome in outcomes:
            self._watch.saw(dead=isinstance(outcome, DeadLetter))
        return outcomes

    def _one_by_one(self, outcomes: list[Outcome]) -> list[Outcome]:
        settled: list[Outcome] = []
        for outcome in outcomes:
            result = self._alone(outcome) if isinstance(outcome, Message) else outcome
            settled.append(result)
            self._watch.saw(dead=isinstance(result, DeadLetter))
            if self._watch.tripped:
                break
        return settled

    def _alone(self, message: Message) -> Outcome:
        try:
            self.once_available(lambda: self._attempt([message]), self._work.dependency_down)
        except Stopping:
            raise
        except InvalidMessage as error:
            return DeadLetter(message, error.cause, redact_text(str(error)))
        except Exception as error:
            log.exception("message_failed", message=message.place)
            return DeadLetter(message, Cause.FAILED, _told(error))
        return message

    def _try_hard(self, good: list[Message]) -> None:
        def tell(error: BaseException, attempt: int) -> None:
            self._metrics.retries.labels(*self._labels, "failed").inc()
            log.warning("batch_retried", attempt=attempt, messages=len(good), error=_told(error))

        retry(
            lambda: self.once_available(lambda: self._attempt(good), self._work.dependency_down),
            passing=(Exception,),
            permanent=(InvalidMessage, Stopping),
            backoff=self._backoff,
            sleep=self._wait,
            on_retry=tell,
        )

    def once_available(self, call: Callable[[], T], down: tuple[type[Exception], ...]) -> T:
        """Return what `call` returns, waiting for ever while it fails with one of the `down` classes."""

        def tell(error: BaseException, attempt: int) -> None:
            self._metrics.retries.labels(*self._labels, "dependency_down").inc()
            self._metrics.dependency_down.labels(*self._labels).set(1)
            if self.waits_for is None:
                log.warning("dependency_down", error=_told(error))
            self.waits_for = _told(error)

        result = retry(call, passing=down, backoff=self._for_ever, sleep=self._wait, on_retry=tell)
        if self.waits_for is not None:
            log.info("dependency_back", was=self.waits_for)
        self.waits_for = None
        self._metrics.dependency_down.labels(*self._labels).set(0)
        return result

    def _attempt(self, batch: list[Message]) -> None:
        began = self._clock.monotonic()
        outcome = "failed"
        try:
            with processing(batch, self._group):
                self._work.handle(batch)
            outcome = NO_ERROR
        except self._work.dependency_down:
            outcome = "dependency_down"
            raise
        finally:
            seconds = self._clock.monotonic() - began
            self._metrics.process_seconds.labels(*self._labels, outcome).observe(seconds)

    def _bury(self, dead: list[DeadLetter]) -> None:
        if not dead:
            return
        records = [letter.record(self._group, self._clock) for letter in dead]
        self.once_available(lambda: self._dead_letters.send_all(records), (PublishFailed,))
        for letter in dead:
            self._metrics.dead_letters.labels(*self._labels, letter.cause).inc()
            log.warning("dead_letter", message=letter.message.place, cause=letter.cause, error=letter.error)


def _told(error: BaseException) -> str:
    return redact_text(f"{type(error).__name__}: {error}")
