"""Benchmarks: ratios side by side in one run, never a limit on time in a test."""
