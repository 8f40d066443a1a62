"""The continuous audit of the ledger: its journal folded again by arithmetic of our own, held against its accounts."""
