"""A long, quiet run: nothing is broken on purpose, so nothing may fire, be lost, or grow."""
