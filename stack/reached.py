"""Which functions and classes a process comes to from its module, read from the sources.

More than a run would come to, since every branch counts; that what is said of metrics this way is what the running
processes export is proven on a running stack.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Module:
    """What a module defines and what it imports, at whatever depth: local name -> where it comes from."""

    name: str
    tree: ast.Module
    defined: dict[str, ast.AST]
    imported: dict[str, tuple[str, str | None]]


def called_from(module: str) -> set[str]:
    """The functions and classes that code reached from a module calls, each as "module:name"."""
    called: set[str] = set()
    pending: list[tuple[str, str | None]] = [(module, None)]
    seen: set[tuple[str, str | None]] = set()
    while pending:
        where = pending.pop()
        found = _module(where[0])
        if where in seen or found is None:
            continue
        seen.add(where)
        node = found.tree if where[1] is None else found.defined[where[1]]
        calls = {id(each.func) for each in ast.walk(node) if isinstance(each, ast.Call)}
        for expression, target in _references(found, node):
            pending.append(target)
            if id(expression) in calls:
                called.add(f"{target[0]}:{target[1]}")
    return called


def _references(module: Module, node: ast.AST) -> Iterator[tuple[ast.AST, tuple[str, str | None]]]:
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            target = _resolved(module, each.id)
        elif isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name):
            target = _attribute(module, each.value.id, each.attr)
        else:
            continue
        if target is not None and target[1] is not None:
            yield each, target


def _resolved(module: Module, name: str) -> tuple[str, str | None] | None:
    """Where a name is defined: through imports, and what they import in turn."""
    if name in module.defined:
        return module.name, name
    if name not in module.imported:
        return None
    source, attribute = module.imported[name]
    if attribute is None:
        return source, None
    if _module(f"{source}.{attribute}") is not None:
        return f"{source}.{attribute}", None
    found = _module(source)
    return None if found is None else _resolved(found, attribute)


def _attribute(module: Module, name: str, attribute: str) -> tuple[str, str | None] | None:
    base = _resolved(module, name)
    if base is None or base[1] is not None:
        return None
    found = _module(base[0])
    return None if found is None else _resolved(found, attribute)


@cache
def _module(name: str) -> Module | None:
    """None for what is not ours."""
    path = ROOT.joinpath(*name.split("."))
    file = next((each for each in (path.with_suffix(".py"), path / "__init__.py") if each.is_file()), None)
    return None if file is None else _parsed(name, file)


def _parsed(name: str, file: Path) -> Module:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    definitions = (ast.FunctionDef, ast.ClassDef)
    defined = {node.name: node for node in tree.body if isinstance(node, definitions)}
    imported: dict[str, tuple[str, str | None]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            imported.update({alias.asname or alias.name: (node.module, alias.name) for alias in node.names})
        elif isinstance(node, ast.Import):
            imported.update({alias.asname or alias.name: (alias.name, None) for alias in node.names})
    return Module(name, tree, dict(defined), imported)
