"""Bugs that are put into a process under test on purpose: a drill that does not find them proves nothing."""
