"""The only place that knows MongoDB: the ledger's documents, its readers, the leases and the relay's cursor."""
