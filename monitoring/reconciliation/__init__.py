"""The journal against what became of it: published, notified, in the lake. See `job`."""
