"""The runbooks of the alerts, as the checkout has them: docs/runbooks."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "docs/runbooks"
_NAMED = re.compile(r"docs/runbooks/([A-Za-z]+)\.md")
"""How an alert's rule names its own: a path in the checkout, since rules don't know where monitoring is."""
_SYMPTOM = re.compile(r"^## Symptom\n(.+?\.)(?:\s|$)", re.M)


class Runbooks:
    """Read once; what is not among them does not exist, whatever a path may spell."""

    def __init__(self, public_url: str, folder: Path = FOLDER) -> None:
        """`public_url`: monitoring's, as browsers see it."""
        self._public_url = public_url
        self._texts = {
            path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md")) if path.stem != "README"
        }

    @property
    def names(self) -> list[str]:
        """Those of the alerts that have one, in order."""
        return list(self._texts)

    def text(self, name: str) -> str | None:
        """The runbook as it is written, in Markdown; None where there is none of this name."""
        return self._texts.get(name)

    def symptom(self, name: str) -> str:
        """What is to be seen while the alert fires, in one sentence; "" where there is no runbook of this name."""
        found = _SYMPTOM.search(self._texts.get(name, ""))
        return found[1].replace("`", "") if found else ""

    def page_url(self, name: str) -> str:
        """Where to read the runbook of this name."""
        return f"{self._public_url}/runbooks/{name}"

    def url_of(self, runbook_url: str) -> str:
        """Where to read what an alert names: here, if it is one of these, else where the alert says."""
        named = _NAMED.fullmatch(runbook_url)
        return self.page_url(named[1]) if named and named[1] in self._texts else runbook_url
