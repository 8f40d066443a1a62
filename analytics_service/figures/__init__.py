"""What the report page shows of the figures: cards, charts and tables, made for the platform or for one person."""

from __future__ import annotations

from analytics_service.figures.cards import Card, cards
from analytics_service.figures.drawings import drawings
from analytics_service.figures.tables import Table, tables
from analytics_service.figures.view import ACCOUNTS, BARS_MAX, MONEY, SPREAD, Drawing, Section, View

__all__ = [
    "ACCOUNTS",
    "BARS_MAX",
    "MONEY",
    "SPREAD",
    "Card",
    "Drawing",
    "Section",
    "Table",
    "View",
    "cards",
    "drawings",
    "tables",
]
