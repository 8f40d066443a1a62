"""The only modules that know MongoDB."""
