"""Fuzzing with coverage: a corpus of valid files, and the harness that changes them."""
