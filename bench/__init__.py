"""Benchmarks: each a ratio against a floor taken in the same run, with the database checked afterwards."""
