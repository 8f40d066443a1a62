"""What crosses a service boundary, defined once: topics, events, access tokens, sessions, money.

No I/O but reading this package's own files, and no framework: every service, test and tool may import it.
"""
