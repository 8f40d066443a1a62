"""Everything that is looked at again and again: `python -m monitoring.auditor`."""

from __future__ import annotations


def main() -> int:
    """The process: the jobs that `wiring.run_auditor` lists, until told to stop."""
    from monitoring.wiring import run_auditor

    return run_auditor()


if __name__ == "__main__":
    raise SystemExit(main())
