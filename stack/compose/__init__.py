"""The other way of running the platform: what docker-compose.yml is made of, and what its one-shot jobs do."""
