"""The lake of everything the ledger decided, and the reports that are read from it."""
