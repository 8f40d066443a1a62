"""Faults injected while load runs; each drill prints and keeps a row of proof."""
