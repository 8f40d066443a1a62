"""The promises with a budget: one file of declarations, and what Prometheus is told about them.

`python -m monitoring.slo` writes the rules and their tests from slos.yaml; both are committed. The status page and the
dashboards read the same file.
"""
