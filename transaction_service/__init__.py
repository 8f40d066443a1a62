"""Accounts and transfers: one writer, one journal, many doors."""
