"""Sending webhooks: what is said, how it is signed, and a client that reaches no private address."""
