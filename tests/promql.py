"""What a PromQL expression asks for."""

from __future__ import annotations

import re

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'')
_NO_METRIC = re.compile(
    r"\{[^}]*\}|\[[^\]]*\]|\boffset\s+\S+|\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)"
)
_WORD = re.compile(r"(?<![\w$.:])([a-zA-Z_:][\w:]*)(\s*\()?")
_KEYWORDS = frozenset({"and", "or", "unless", "bool", "offset", "group_left", "group_right", "inf", "nan"})


_SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)\s*(\{(?:[^}\"]|\"(?:[^\"\\]|\\.)*\")*\})?")


def selectors(expression: str) -> set[str]:
    """Each metric with its matchers, without the range or the offset over which it is asked for."""
    names = metric_names(expression)
    return {name + matchers for name, matchers in _SELECTOR.findall(expression) if name in names}


def metric_names(expression: str) -> set[str]:
    """The metrics that it selects: every word that is no label, function or keyword."""
    bare = _NO_METRIC.sub(" ", _STRING.sub('""', expression))
    return {word for word, call in _WORD.findall(bare) if not call and word.lower() not in _KEYWORDS}
