"""Measures one acquisition beside the alternatives, in one run on one machine; `make bench` prints it."""
