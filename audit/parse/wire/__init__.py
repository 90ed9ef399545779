"""Bytes as they go over a wire, into what they say: as much as can be told, and nothing raises."""
