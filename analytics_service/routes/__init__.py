"""The web process's routes."""
