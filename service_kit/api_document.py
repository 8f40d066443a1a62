"""A service's OpenAPI document: one YAML file, or a folder of parts that are read as one.

The document is part of the code and not about it: requests are checked against its schemas by `service_kit.operations`,
and routes take their method and path from it, so that the two can't differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

METHODS = ("get", "put", "post", "patch", "delete")
Content = dict[str, Any]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where libyaml is there


class DocumentError(ValueError):
    """The document contradicts itself or says what we can't check; found at the start of a process or in a test."""


class ApiDocument:
    """The whole document as `content`, in the order in which its authors wrote it."""

    def __init__(self, content: Content) -> None:
        self.content = content

    @classmethod
    def load(cls, path: Path) -> ApiDocument:
        """Read `path`, a file or a folder; a folder's parts are merged in the order of their names.

        Raises:
            DocumentError: two parts say the same thing (an operation, a component, a tag, `info`).
        """
        files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        if not files:
            raise DocumentError(f"no part of an OpenAPI document in {path.name}")
        merged: Content = {}
        for file in files:
            part = yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506 - both are safe loaders
            try:
                _merge(merged, part, ())
            except DocumentError as error:
                raise DocumentError(f"{file.name}: {error}") from None
        return cls(merged)

    def operations(self) -> Iterator[tuple[str, str, Content]]:
        """Each operation as METHOD, path and its object; the path's own parameters are added to it."""
        for path, item in self.content.get("paths", {}).items():
            shared = item.get("parameters", [])
            for method in METHODS:
                if method in item:
                    operation = item[method]
                    yield method.upper(), path, {**operation, "parameters": [*shared, *operation.get("parameters", [])]}

    def resolved(self, node: Content) -> Content:
        """`node`, or what its `$ref` names within this document; raises DocumentError where nothing is there."""
        while "$ref" in node:
            node = self._at(node["$ref"])
        return node

    def _at(self, reference: str) -> Content:
        found: Any = self.content
        for part in reference.removeprefix("#/").split("/"):
            found = found.get(part) if isinstance(found, Mapping) else None
        if not isinstance(found, dict):
            raise DocumentError(f"nothing at {reference}")
        return found


def _merge(into: Content, part: Content, place: tuple[str, ...]) -> None:
    """Add `part` to `into`. Only what groups others (paths, a path, components, a kind of them) may come twice."""
    for name, value in part.items():
        here = (*place, name)
        if _groups(here):
            _merge(into.setdefault(name, {}), value, here)
        elif name not in into:
            into[name] = value
        elif here == ("tags",):
            into[name] = _joined_tags(into[name], value)
        elif here != ("openapi",):
            raise DocumentError(f"{'/'.join(here)} is said twice")


def _groups(place: tuple[str, ...]) -> bool:
    return place[0] in ("paths", "components") and len(place) <= 2


def _joined_tags(before: list[Content], more: list[Content]) -> list[Content]:
    names = {tag["name"] for tag in before}
    for tag in more:
        if tag["name"] in names:
            raise DocumentError(f"tags/{tag['name']} is said twice")
    return [*before, *more]
