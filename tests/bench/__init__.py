"""Benchmarks: whole processes side by side in one run, quoted as ratios. `make bench`."""
