"""Report jobs under /v1: read the request, call a use case, answer."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, send_file, url_for

from analytics_service.document import KEY_HEADER, operations
from analytics_service.domain.job import Job
from analytics_service.domain.job_errors import ResultExpired
from analytics_service.exports import FORMATS
from analytics_service.presentation import told
from analytics_service.routes.asking import reader, whose
from analytics_service.routes.ordering import order_of
from analytics_service.use_cases.jobs import Asker, AskForJobs, Download, Seen
from service_kit.auth import Principal
from service_kit.errors import Forbidden
from service_kit.web import json_answer

ADMIN = "admin"
REPLAYED = "Idempotent-Replayed"


class OthersJobs(Forbidden):
    """The jobs of everybody are for analysts and administrators."""

    code = "others_jobs"
    title = "These are other people's jobs"
    advice = "Leave the parameter whose out: then the jobs are your own."


def job_routes(jobs: AskForJobs) -> Blueprint:
    """The blueprint, with what it needs handed in."""
    api = Blueprint("jobs_api", __name__)
    _about_all(api, jobs)
    _about_one(api, jobs)
    return api


def _about_all(api: Blueprint, jobs: AskForJobs) -> None:
    ordering, listing = operations()["order_job"], operations()["list_jobs"]

    @ordering.route(api)
    def order_job() -> Response:
        asker = asker_of(reader())
        key = ordering.parameters().get(KEY_HEADER)
        seen, is_new = jobs.order(asker, order_of(ordering.body(), asker.viewer), key)
        headers = {"Location": url_for("jobs_api.get_job", id=seen.job.id)}
        return json_answer(job_view(seen), 202, headers if is_new else headers | {REPLAYED: "true"})

    @listing.route(api)
    def list_jobs() -> Response:
        asker = asker_of(reader())
        asked = listing.parameters()
        everybody = asked["whose"] == "everybody"
        if everybody and not asker.sees_all:
            raise OthersJobs
        page = jobs.page(asker, asked.get("cursor"), asked["limit"], everybody=everybody)
        return json_answer({"jobs": [job_view(seen) for seen in page.jobs], "next_cursor": page.next_before})


def _about_one(api: Blueprint, jobs: AskForJobs) -> None:
    get, delete, cancel, fetch = (operations()[id] for id in ("get_job", "delete_job", "cancel_job", "get_job_result"))

    @get.route(api)
    def get_job(id: str) -> Response:
        asker = asker_of(reader())
        get.parameters()
        return json_answer(job_view(jobs.one(asker, id)))

    @delete.route(api)
    def delete_job(id: str) -> Response:
        asker = asker_of(reader())
        delete.parameters()
        jobs.delete(asker, id)
        return Response(status=204)

    @cancel.route(api)
    def cancel_job(id: str) -> Response:
        asker = asker_of(reader())
        cancel.parameters()
        return json_answer(job_view(jobs.cancel(asker, id)))

    @fetch.route(api)
    def get_job_result(id: str) -> Response:
        asker = asker_of(reader())
        fetch.parameters()
        return sent(jobs.download(asker, id))


def asker_of(principal: Principal) -> Asker:
    """Who asks, and what they may see."""
    return Asker(principal.user_id, whose(principal), may_stop_all=ADMIN in principal.roles)


def sent(download: Download) -> Response:
    """The file, or the part of it that is asked for. Raises ResultExpired where it went a moment ago."""
    try:
        answer = send_file(download.path, as_attachment=True, download_name=download.name, etag=False, max_age=0)
    except FileNotFoundError:
        raise ResultExpired from None
    # As the export of the same rows has it; what is given to send_file gets a second charset.
    answer.headers["Content-Type"] = download.media_type
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Complete-Upto-Position"] = str(download.result.complete_upto)
    return answer


def job_view(seen: Seen) -> dict[str, Any]:
    """A job as the API tells it, and its page polls it."""
    job, order, progress = seen.job, seen.job.order, seen.job.progress
    eta = job.eta
    view = {
        "id": job.id,
        "user_id": job.user_id,
        "report": order.report,
        "filter": dict(order.filter),
        "format": order.format,
        "limit": order.limit,
        "thresholds": dict(order.thresholds),
        "state": job.state,
        "created_at": job.created_at,
        "begun_at": job.begun_at,
        "finished_at": job.finished_at,
        "expires_at": job.expires_at if job.result else None,
        "attempts": job.attempts,
        "queue_position": seen.ahead,
        "progress": {
            "files": progress.files,
            "files_done": progress.files_done,
            "rows": progress.rows,
            "rows_done": progress.rows_done,
            "percent": 100 if job.result else progress.percent,
            "eta_seconds": None if eta is None else round(eta.total_seconds()),
        },
        "complete_upto": None,
        "engine": None,
        "result": None,
        "cause": job.cause,
        "detail": job.detail,
        "schedule_id": job.schedule_id,
        "due_at": job.due_at,
    }
    shown: dict[str, Any] = told(view | _of_result(job))
    return shown


def _of_result(job: Job) -> dict[str, Any]:
    result = job.result
    if result is None:
        return {}
    return {
        "complete_upto": {"position": result.complete_upto, "occurred_at": result.complete_at},
        "engine": result.engine,
        "result": {
            "bytes": result.bytes,
            "rows": result.rows,
            "media_type": FORMATS[job.order.format].media_type,
            "url": url_for("jobs_api.get_job_result", id=job.id),
        },
    }
