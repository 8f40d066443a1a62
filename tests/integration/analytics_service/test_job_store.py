"""The promises of the store of jobs over a real MongoDB."""

from __future__ import annotations

import re
import threading

import pytest

from analytics_service.domain.turns import in_turn
from analytics_service.ports.jobs import NoRoom
from analytics_service.storage.collections import JOB_STATES
from analytics_service.storage.jobs import COUNTED, MongoJobs
from tests.unit.analytics_service.job_contract import KEPT, MOST, JobContract, new

TIMES = ("created_at", "queued_at", "not_before", "begun_at", "lease_until", "finished_at", "expires_at", "forget_at")


@pytest.fixture
def jobs(collections):
    return MongoJobs(collections, KEPT)


@pytest.fixture
def later(collections):
    """Its clock can't be moved, so everything it has noted is moved the other way."""

    def earlier(field, wait):
        milliseconds = int(wait.total_seconds() * 1000)
        return {"$cond": [{"$eq": [f"${field}", None]}, None, {"$subtract": [f"${field}", milliseconds]}]}

    def pass_by(wait):
        collections.jobs.update_many({}, [{"$set": {field: earlier(field, wait) for field in TIMES}}])
        collections.turns.update_many({}, [{"$set": {"taken_at": earlier("taken_at", wait)}}])

    return pass_by


class TestMongoJobs(JobContract):
    pass


def at_once(count, act):
    """Everybody's answer, or error, in no order."""
    answers = []
    begin = threading.Barrier(count)

    def one(number):
        begin.wait(10)
        try:
            answers.append(act(number))
        except NoRoom as refused:
            answers.append(refused)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(1, count + 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(answers) == count
    return answers


def test_of_many_orders_at_once_only_as_many_as_may_are_taken(jobs):
    answers = at_once(10, lambda number: jobs.add(new(number), MOST))
    assert sum(isinstance(answer, NoRoom) for answer in answers) == 10 - MOST
    assert len(jobs.page(None, 20)) == MOST


def test_a_key_that_comes_ten_times_at_once_has_one_job(jobs):
    answers = at_once(10, lambda number: jobs.add(new(number, key="k"), MOST))
    assert sum(answer.is_new for answer in answers) == 1
    assert len({answer.job.id for answer in answers}) == 1


def test_a_job_that_ten_reporters_want_is_taken_by_one(jobs):
    jobs.add(new(1), MOST)
    (id,) = in_turn(jobs.queue())
    claims = at_once(10, lambda _: jobs.claim(id))
    assert sum(claim is not None for claim in claims) == 1


def test_jobs_are_counted_without_reading_one(jobs, collections):
    for number in range(1, MOST + 1):
        jobs.add(new(number), MOST)
    counting = {"aggregate": collections.jobs.name, "cursor": {}, **COUNTED}
    plan = collections.jobs.database.command("explain", counting, verbosity="executionStats")
    assert f"'indexName': '{JOB_STATES}'" in str(plan)
    assert "COLLSCAN" not in str(plan)
    assert set(re.findall(r"'totalDocsExamined': (\d+)", str(plan))) == {"0"}


def test_what_is_over_is_forgotten_in_time(collections):
    indexes = collections.jobs.index_information()
    assert indexes["forget"]["expireAfterSeconds"] == 0
    assert indexes["forget"]["key"] == [("forget_at", 1)]
