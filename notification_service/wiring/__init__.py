"""The only place that connects things: a module for each kind of process."""
