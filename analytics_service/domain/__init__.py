"""What the lake knows: rows of events, covered positions, files and when to merge them. No framework, no store."""
