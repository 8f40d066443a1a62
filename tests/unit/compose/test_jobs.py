"""The jobs that run in containers, as far as they need none."""

from __future__ import annotations

import json
import os
from pathlib import Path

import httpx
import pytest

from stack.compose import jobs
from stack.compose.secrets import write_secrets
from stack.errors import StackError
from stack.layout import read_settings


@pytest.fixture
def given(tmp_path: Path) -> dict[str, str]:
    write_secrets(tmp_path / ".env")
    return read_settings({}, tmp_path)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The volumes. The servers' users aren't of this machine, so each file stays with who runs the test."""
    monkeypatch.setattr(jobs, "MONGODB", os.getuid())
    monkeypatch.setattr(jobs, "REDIS", os.getuid())
    monkeypatch.setattr(jobs, "NOBODY", os.getuid())
    for server in ("mongod", "redis", "alertmanager"):
        (tmp_path / "keys" / server).mkdir(parents=True)
    return tmp_path / "keys"


def test_each_server_gets_its_own_file_which_its_user_alone_may_read(given: dict[str, str], folder: Path) -> None:
    for _ in range(2):
        jobs.write_key_files(given, folder)

    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {str(path.relative_to(folder)) for path in files} == {
        "mongod/mongo-keyfile",
        "redis/redis-users.acl",
        "alertmanager/alert-webhook-token",
    }
    assert {path.stat().st_mode & 0o777 for path in files} == {0o400}
    assert (folder / "mongod" / "mongo-keyfile").read_text() == given["SECRET_MONGO_KEYFILE"]


def test_one_guessable_secret_among_all_stops_everything(given: dict[str, str], folder: Path) -> None:
    with pytest.raises(StackError, match="SECRET_GRAFANA_ADMIN"):
        jobs.write_key_files(given | {"SECRET_GRAFANA_ADMIN": "admin"}, folder)

    assert [path for path in folder.rglob("*") if path.is_file()] == []


class KafkaManager:
    """Answers as CMAK 3.0 does: 200 to whatever is posted, and its list of clusters by itself."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.clusters: list[str] = []
        self.posts = 0
        self._refuses = refuses

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.posts += 1
            form = httpx.QueryParams(request.content.decode())
            if not self._refuses:
                self.clusters.append(form["name"])
            return httpx.Response(200, text="<html>")
        active = [{"name": name, "status": "active"} for name in self.clusters]
        return httpx.Response(200, content=json.dumps({"clusters": {"active": active, "pending": []}}))


def test_the_cluster_is_named_once(given: dict[str, str]) -> None:
    manager = KafkaManager()

    for _ in range(2):
        jobs.register_cluster(given, transport=httpx.MockTransport(manager))

    assert (manager.clusters, manager.posts) == (["platform"], 1)


def test_an_answer_that_hides_a_refusal_is_not_believed(given: dict[str, str]) -> None:
    with pytest.raises(StackError, match="does not take the cluster"):
        jobs.register_cluster(given, transport=httpx.MockTransport(KafkaManager(refuses=True)))
