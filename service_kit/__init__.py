"""What would be identical in a company that is not a bank: the mechanics every service stands on, no business rules."""
