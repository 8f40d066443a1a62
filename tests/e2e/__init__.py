"""Journeys through the running stack: over HTTP, over Kafka, in a real browser."""
