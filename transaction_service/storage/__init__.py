"""The only place that knows MongoDB: the ledger's documents, its lease, its readers and the relay's cursor."""
