"""The risk reports find what is planted."""

from __future__ import annotations

from analytics_service.engine import ReportFile
from sample.recall import recalls


def test_every_planted_pattern_is_found_and_nothing_is_found_that_was_not_planted(made):
    files = [ReportFile(made.lake / file.path, file.rows) for file in made.sample.files]
    for row in recalls(files, made.sample.truths):
        assert (row.pattern, row.found) == (row.pattern, row.planted)
        assert (row.pattern, row.findings) == (row.pattern, row.true + row.other)
