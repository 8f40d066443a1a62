from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from service_kit.api_document import ApiDocument, DocumentError

HEAD = {"openapi": "3.0.3", "info": {"title": "Sample", "version": "1"}}


def folder(path: Path, **parts: object) -> Path:
    for name, content in parts.items():
        (path / f"{name}.yaml").write_text(yaml.safe_dump(content))
    return path


def test_the_parts_of_a_folder_are_one_document(tmp_path: Path) -> None:
    document = ApiDocument.load(
        folder(
            tmp_path,
            a={**HEAD, "tags": [{"name": "read"}], "paths": {"/v1/orders": {"get": {"operationId": "list"}}}},
            b={
                "openapi": "3.0.3",
                "tags": [{"name": "write"}],
                "paths": {"/v1/orders": {"post": {"operationId": "place"}}},
                "components": {"schemas": {"Order": {"type": "object"}}},
            },
            c={"components": {"schemas": {"Item": {"type": "object"}}}},
        )
    )

    assert [(method, path) for method, path, _ in document.operations()] == [
        ("GET", "/v1/orders"),
        ("POST", "/v1/orders"),
    ]
    assert [tag["name"] for tag in document.content["tags"]] == ["read", "write"]
    assert set(document.content["components"]["schemas"]) == {"Order", "Item"}


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ({"paths": {"/a": {"get": {}}}}, {"paths": {"/a": {"get": {}}}}, "paths//a/get"),
        ({"components": {"schemas": {"A": {}}}}, {"components": {"schemas": {"A": {}}}}, "components/schemas/A"),
        ({"tags": [{"name": "a"}]}, {"tags": [{"name": "a"}]}, "tags/a"),
        ({"info": {"title": "A"}}, {"info": {"title": "A"}}, "info"),
    ],
)
def test_what_two_parts_say_is_refused(tmp_path: Path, first: object, second: object, said: str) -> None:
    with pytest.raises(DocumentError, match=f"second.yaml: {said} is said twice"):
        ApiDocument.load(folder(tmp_path, first=first, second=second))


def test_a_folder_without_parts_is_no_document(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="no part"):
        ApiDocument.load(tmp_path)


def test_a_paths_own_parameters_belong_to_each_of_its_operations(tmp_path: Path) -> None:
    path = {"parameters": [{"name": "a"}], "get": {"parameters": [{"name": "b"}]}}
    document = ApiDocument.load(folder(tmp_path, one={"paths": {"/a": path}}))

    ((_, _, operation),) = document.operations()

    assert [parameter["name"] for parameter in operation["parameters"]] == ["a", "b"]


def test_references_are_followed_to_their_end_and_never_into_nothing() -> None:
    document = ApiDocument({"components": {"schemas": {"A": {"$ref": "#/components/schemas/B"}, "B": {"type": "x"}}}})

    assert document.resolved({"$ref": "#/components/schemas/A"}) == {"type": "x"}
    with pytest.raises(DocumentError, match="nothing at #/components/schemas/C"):
        document.resolved({"$ref": "#/components/schemas/C"})
