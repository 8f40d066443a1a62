"""The journey of one transfer, from the request to the payee's inbox and the reports, each stage asked of its owner."""
