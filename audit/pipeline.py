"""Snapshot in, report out."""
