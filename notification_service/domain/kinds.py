"""Kinds and their families: transfer, hold, account and so on, which is what stands before a kind's dot."""

from __future__ import annotations

from contracts.notices import Kind


def family_of(kind: Kind) -> str:
    """The family that a kind belongs to."""
    return kind.partition(".")[0]


def kinds_named(name: str) -> tuple[Kind, ...]:
    """The kind of this name, or every kind of the family; none where there is neither."""
    return tuple(kind for kind in Kind if name in (kind, family_of(kind)))
