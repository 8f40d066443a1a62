"""The lake on disk: Parquet files in `date=YYYY-MM-DD/`. What is there counts only once the manifest names it."""
