"""The service's routes: `api` for programs, `pages` for people. Both call the same use cases."""
