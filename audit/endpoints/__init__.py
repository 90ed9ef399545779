"""Bytes in, endpoints out."""
