"""The load generator's process, asked to end before its time."""

import asyncio
from pathlib import Path

from bench.load.job import Job, Person, Steady
from bench.load.process import LoadRun, Result
from tests.unit.bench.service import answer, running

POSTED = answer(201, b'{"id": "t-1", "position": 7}')


def test_a_load_that_is_asked_to_finish_writes_what_it_has_done(tmp_path: Path) -> None:
    async def scenario() -> tuple[int, Result]:
        async with running(POSTED) as service:
            job = Job(
                auth_url=service.url,
                transaction_url=service.url,
                people=[Person(username="ann", password="p", token="t")],
                clients=1,
                traffic=Steady(seconds=3_600, payees=["bob"], pause_seconds=0.01),
                book_path=str(tmp_path / "book.jsonl"),
            )
            load = LoadRun(job)
            try:
                done = await asyncio.to_thread(lambda: next(p.done for p in load.progress() if p.done > 3))
                load.finish()
                return done, await asyncio.to_thread(load.result)
            finally:
                load.stop()

    done, result = asyncio.run(scenario())

    assert len(result.book) >= done
    assert {entry.outcome for entry in result.book} == {"accepted"}
