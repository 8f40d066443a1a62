"""A history of a payments platform by chance, decided by the ledger's own rules: see README.md."""
