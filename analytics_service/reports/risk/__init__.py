"""Patterns of payments that may be money laundering or fraud, each found with the transfers that prove it.

Every pattern is a report (`report.RiskReport`): it goes over the lake in parts like any other, on Pandas and Dask, with
the same answer however the lake is cut into files.
"""
