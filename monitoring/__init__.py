"""The platform watches itself: audits, collectors, reconciliation, probes, the status page and a transfer's journey."""
