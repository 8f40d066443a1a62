"""The only place that knows MongoDB: notifications and people."""
