"""Requests as programs send them, by whom and under which key."""

from __future__ import annotations


def post(front, path, body=None, *, who="ann", key="k-1"):
    """A POST with a key; None sends none."""
    headers = {"Authorization": f"Bearer {who}"} | ({"Idempotency-Key": key} if key is not None else {})
    return front.post(path, json={} if body is None else body, headers=headers)


def get(front, path, who="ann"):
    return front.get(path, headers={"Authorization": f"Bearer {who}"})


def code_of(answer) -> tuple[int, str]:
    """Status and stable code of a problem."""
    return answer.status_code, answer.json["code"]
