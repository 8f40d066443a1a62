"""What takes longer than a request may, and what is done by the clock: `python -m analytics_service.reporter`."""

from __future__ import annotations


def main() -> int:
    """The process: see the module's docstring."""
    from analytics_service.wiring.reporter import run_reporter

    return run_reporter()


if __name__ == "__main__":
    raise SystemExit(main())
