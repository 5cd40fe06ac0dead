"""Measurements. `make bench` runs them all; each also runs alone: python -m benchmarks.flush, python -m benchmarks.beats."""
