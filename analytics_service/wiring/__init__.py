"""The only place that connects things: a module for each process, so that the ingester loads no Pandas and no Flask."""
