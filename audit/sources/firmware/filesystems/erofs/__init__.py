"""EROFS, read only, compressed or not; what Android's ``mkfs.erofs`` writes."""
