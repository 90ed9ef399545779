"""What images of partitions hold, and folders that were unpacked of them: files, folders and links."""
