"""Benchmarks: what runs how fast, beside a bare loop over the same records."""
