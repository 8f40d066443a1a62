"""The native stack: real servers and every process of the platform on one machine, without Docker.

`python -m stack up` (or `make up`) starts it; `stack.running.Stack` tells tests, benchmarks and the
demo where everything is.
"""
