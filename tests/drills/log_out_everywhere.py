"""A log-out is refused by every service within a second, again and again, while load runs."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from threading import Thread

from rich.console import Console

from bench.load.process import LoadRun
from bench.platform import Api
from bench.stacks import Platform
from tests.drills import frame
from tests.drills.doors import DOORS, OPEN, REFUSED, Doors, log_out, unexpected
from tests.drills.frame import Report
from tests.drills.pulse import Pulse
from tests.drills.rows import Account

NAME = "log-out-everywhere"
ROUNDS = 20
LIMIT_SECONDS = 1.0
GIVE_UP_SECONDS = 5.0
LEAVER = "drill-leaver"
PAUSE_SECONDS = 0.01
LONGEST_SECONDS = 600


@dataclass(frozen=True)
class Row:
    """What the drill showed, and what became of the load. Seconds: from the log-out's answer to the last door's first
    refusal."""

    account: Account
    log_outs: int
    doors: int
    refused_within_limit: int
    usual_seconds: float
    slowest_seconds: float
    slowest_door: str
    name: str = NAME

    def flat(self) -> dict[str, str | float | None]:
        """As a line of the table."""
        own = asdict(self)
        return own.pop("account") | own


def run(count: int, platform: Platform, console: Console) -> Report:
    """Drill a running platform with `count` log-outs."""
    with platform.api() as api:
        stage = frame.set_stage(platform, api, console)
        load = LoadRun(frame.job(platform, stage.people, LONGEST_SECONDS))
        try:
            pulse = Pulse(load)
            pulse.wait_for(1, frame.BEGINS_WITHIN_SECONDS)
            frame.people(platform, api, [LEAVER])
            rounds = _rounds(count, platform, api)
            book = pulse.result().book
        finally:
            load.stop()
        account = frame.account_of(api, stage, book, console)
    waits = sorted((seconds, door) for seen in rounds for door, seconds in seen.items())
    late = [f"{door} refused after {seconds:.2f} s" for seconds, door in waits if seconds > LIMIT_SECONDS]
    slowest, door = waits[-1]
    usual = waits[len(waits) // 2][0]
    row = Row(account, count, len(DOORS), len(waits) - len(late), round(usual, 3), round(slowest, 3), door)
    return Report(row, [*account.findings(), *late, *platform.unhealthy()])


def _rounds(count: int, platform: Platform, api: Api) -> list[dict[str, float]]:
    # A caller for each door, made beforehand: on a busy machine that takes up to a second, which is no door's.
    callers = {door: Doors(platform) for door in DOORS}
    try:
        return [_round(platform, api, callers) for _ in range(count)]
    finally:
        for doors in callers.values():
            doors.close()


def _round(platform: Platform, api: Api, callers: Mapping[str, Doors]) -> dict[str, float]:
    """Seconds until each door refuses a token that each has just let in."""
    token = api.log_in(LEAVER, platform.demo_password)
    tries = [doors.try_one(LEAVER, token, door) for door, doors in callers.items()]
    wrong = unexpected(tries, OPEN, "before the log-out")
    if wrong:
        raise RuntimeError("; ".join(wrong))
    log_out(platform, token)
    answered_at, waits = time.time(), dict[str, float]()
    threads = [Thread(target=_until_refused, args=(token, door, callers[door], answered_at, waits)) for door in DOORS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return waits


def _until_refused(token: str, door: str, doors: Doors, since: float, waits: dict[str, float]) -> None:
    wait = float("inf")
    while time.time() - since < GIVE_UP_SECONDS:
        tried = doors.try_one(LEAVER, token, door)
        if tried.status == REFUSED:
            wait = tried.began - since  # a refusal counts from its asking: it may have queued under the load
            break
        time.sleep(PAUSE_SECONDS)
    waits[door] = max(0.0, wait)
