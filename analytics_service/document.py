"""The OpenAPI document: a file for each part."""

from __future__ import annotations

from pathlib import Path

OPENAPI = Path(__file__).with_name("openapi")
