"""What the status page knows: figures, claims and the verdict, the pipeline, processes, charts; one look for all."""
