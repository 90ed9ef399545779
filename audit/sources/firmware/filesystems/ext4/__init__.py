"""ext2, ext3 and ext4, read only; what Android's ``mke2fs`` and ``e2fsdroid`` write."""
